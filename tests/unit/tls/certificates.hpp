#pragma once

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "tls/openssl.hpp"

namespace reprise::tls::testing {

// A certificate with a P-256 key, self-signed or signed by another one.
struct Certificate {
  X509Ptr certificate;
  PrivateKeyPtr key;

  explicit Certificate(const std::string& name, const Certificate* issuer = nullptr)
      : certificate(X509_new()), key(EVP_EC_gen("P-256")) {
    X509* x = certificate.get();
    X509_set_version(x, 2);
    static long serial = 1;
    ASN1_INTEGER_set(X509_get_serialNumber(x), serial++);
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    const Certificate& signer = issuer != nullptr ? *issuer : *this;
    X509_set_issuer_name(x, X509_get_subject_name(signer.certificate.get()));
    X509_set_pubkey(x, key.get());
    if (issuer == nullptr) {
      X509_EXTENSION* ca =
          X509V3_EXT_conf_nid(nullptr, nullptr, NID_basic_constraints, "critical,CA:TRUE");
      X509_add_ext(x, ca, -1);
      X509_EXTENSION_free(ca);
    }
    if (X509_sign(x, signer.key.get(), EVP_sha256()) == 0) throw std::runtime_error("X509_sign");
  }

  std::string pem() const {
    return text([&](BIO* b) { PEM_write_bio_X509(b, certificate.get()); });
  }
  std::string key_pem() const {
    return text([&](BIO* b) {
      PEM_write_bio_PrivateKey(b, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
  }

private:
  template <class Write>
  static std::string text(Write write) {
    const BioPtr bio(BIO_new(BIO_s_mem()));
    write(bio.get());
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &bytes);
    return {bytes, static_cast<std::size_t>(size)};
  }
};

// A directory of its own for a test's files.
class TemporaryDirectory {
public:
  TemporaryDirectory() {
    std::string name = std::filesystem::temp_directory_path() / "tlsXXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = name;
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::string& path() const { return path_; }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ + "/" + name, std::ios::binary) << text;
    return path_ + "/" + name;
  }

private:
  std::string path_;
};

}  // namespace reprise::tls::testing
