#include "tls/certificates.hpp"

#include <limits>
#include <stdexcept>
#include <string_view>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>

namespace reprise::tls {
namespace {

constexpr std::string_view pem_begins_with = "-----BEGIN ";

struct FreeInfos {
  void operator()(STACK_OF(X509_INFO) * infos) const {
    sk_X509_INFO_pop_free(infos, X509_INFO_free);
  }
};
using InfosPtr = std::unique_ptr<STACK_OF(X509_INFO), FreeInfos>;

bool is_text(const PemSource& source) {
  return source.inline_pem && source.value.starts_with(pem_begins_with);
}

// What messages call it: never a key's text.
std::string_view shown(const PemSource& source) {
  const bool pem = source.value.starts_with(pem_begins_with);
  return pem ? std::string_view("(inline PEM)") : std::string_view(source.value);
}

BioPtr open(const PemSource& source) {
  if (!is_text(source)) return BioPtr(BIO_new_file(source.value.c_str(), "r"));
  if (source.value.size() > std::numeric_limits<int>::max()) return nullptr;
  return BioPtr(BIO_new_mem_buf(source.value.data(), static_cast<int>(source.value.size())));
}

[[noreturn]] void fail(const std::string& words) {
  const Failure failure = take_error();
  if (failure.code == 0) throw std::runtime_error(words);
  throw std::runtime_error(fmt::format("{}\n  ({})", words, failure.text));
}

// Never asks at the terminal: workers and reloads have none.
int no_password(char*, int, int, void*) {
  return 0;
}

bool add_chain(SSL_CTX* context, BIO* bio) {
  SSL_CTX_clear_extra_chain_certs(context);
  X509Ptr certificate(PEM_read_bio_X509_AUX(bio, nullptr, no_password, nullptr));
  if (!certificate || SSL_CTX_use_certificate(context, certificate.get()) != 1) return false;
  for (;;) {
    X509Ptr next(PEM_read_bio_X509(bio, nullptr, no_password, nullptr));
    if (!next) break;
    if (SSL_CTX_add1_chain_cert(context, next.get()) != 1) return false;
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (at_end) ERR_clear_error();
  return at_end;
}

}  // namespace

void use_certificate_chain(SSL_CTX* context, const PemSource& source,
                           const std::string& context_name) {
  ERR_clear_error();
  const BioPtr bio = open(source);
  if (bio && add_chain(context, bio.get())) return;
  fail(fmt::format("[uwsgi-ssl] unable to assign certificate {} for context \"{}\"", shown(source),
                   context_name));
}

void use_private_key(SSL_CTX* context, const PemSource& source, const std::string& context_name) {
  ERR_clear_error();
  const BioPtr bio = open(source);
  PrivateKeyPtr key;
  if (bio) key.reset(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  const bool used = key && SSL_CTX_use_PrivateKey(context, key.get()) == 1;
  if (used && SSL_CTX_check_private_key(context) == 1) return;
  fail(fmt::format("[uwsgi-ssl] unable to assign key {} for context \"{}\"", shown(source),
                   context_name));
}

void use_dh_parameters(SSL_CTX* context, const PemSource& source) {
  const BioPtr bio = open(source);
  PrivateKeyPtr parameters;
  if (bio) parameters.reset(PEM_read_bio_Parameters(bio.get(), nullptr));
  const bool dh = parameters && EVP_PKEY_is_a(parameters.get(), "DH") == 1;
  if (dh && SSL_CTX_set0_tmp_dh_pkey(context, parameters.get()) == 1) {
    static_cast<void>(parameters.release());  // the context's
  }
  ERR_clear_error();
}

std::vector<Digest> use_client_authorities(SSL_CTX* context, const PemSource& source,
                                           const std::string& context_name) {
  ERR_clear_error();
  const BioPtr bio = open(source);
  InfosPtr infos;
  if (bio) infos.reset(PEM_X509_INFO_read_bio(bio.get(), nullptr, no_password, nullptr));
  std::vector<Digest> digests;
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  for (int i = 0; infos && i < sk_X509_INFO_num(infos.get()); ++i) {
    const X509_INFO* info = sk_X509_INFO_value(infos.get(), i);
    if (info->crl != nullptr) X509_STORE_add_crl(store, info->crl);
    if (info->x509 == nullptr) continue;
    const bool added = X509_STORE_add_cert(store, info->x509) == 1 &&
                       SSL_CTX_add_client_CA(context, info->x509) == 1;
    if (!added) break;
    digests.push_back(digest_of(info->x509));
  }
  if (digests.empty()) {
    fail(fmt::format("[uwsgi-ssl] unable to set ssl verify locations ({}) for context \"{}\"",
                     shown(source), context_name));
  }
  return digests;
}

}  // namespace reprise::tls
