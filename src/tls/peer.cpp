#include "tls/peer.hpp"

#include <new>

#include <openssl/pem.h>

namespace reprise::tls {
namespace {

struct FreeMemory {
  template <class T>
  void operator()(T* memory) const {
    OPENSSL_free(memory);
  }
};

std::string der_of(X509* certificate) {
  unsigned char* bytes = nullptr;
  const int size = i2d_X509(certificate, &bytes);
  const std::unique_ptr<unsigned char, FreeMemory> owner(bytes);
  if (size <= 0) throw std::bad_alloc();
  return {reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

std::string pem_of(X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (!bio || PEM_write_bio_X509(bio.get(), certificate) != 1) throw std::bad_alloc();
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace

std::string subject_line(X509* certificate) {
  const std::unique_ptr<char, FreeMemory> line(
      X509_NAME_oneline(X509_get_subject_name(certificate), nullptr, 0));
  if (!line) throw std::bad_alloc();
  return line.get();
}

std::optional<Peer> peer_of(SSL* ssl) {
  X509* certificate = SSL_get0_peer_certificate(ssl);
  if (certificate == nullptr) return std::nullopt;
  return Peer{der_of(certificate), subject_line(certificate), pem_of(certificate)};
}

}  // namespace reprise::tls
