#include "tls/session_context.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>

#include <openssl/evp.h>

namespace reprise::tls {
namespace {

std::string_view text_of(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

// Each field with its length before it, so that no two lists of fields give the same bytes.
void append_field(std::string& to, std::string_view field) {
  for (int shift = 24; shift >= 0; shift -= 8)
    to.push_back(static_cast<char>(field.size() >> shift));
  to.append(field);
}

}  // namespace

Digest digest_of(std::string_view bytes) {
  Digest digest{};
  unsigned size = digest.size();
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("SHA-256 is not available");
  }
  return digest;
}

Digest digest_of(X509* certificate) {
  Digest digest{};
  unsigned size = digest.size();
  if (X509_digest(certificate, EVP_sha256(), digest.data(), &size) != 1) {
    throw std::runtime_error("cannot take the digest of a certificate");
  }
  return digest;
}

Digest policy_digest(SessionPolicy policy) {
  auto& authorities = policy.authorities;
  std::sort(authorities.begin(), authorities.end());
  authorities.erase(std::unique(authorities.begin(), authorities.end()), authorities.end());
  const bool asks = policy.client_certificate != ClientCertificate::none;
  std::string bytes;
  append_field(bytes, "reprise session policy 1");
  append_field(bytes, std::to_string(static_cast<int>(policy.client_certificate)));
  append_field(bytes, asks ? std::to_string(policy.verify_depth) : "");
  append_field(bytes, policy.name);
  for (const Digest& authority : authorities)
    append_field(bytes, text_of(authority));
  return digest_of(bytes);
}

SessionContext session_context(std::string_view text, const Digest& policy) {
  std::string bytes;
  append_field(bytes, text);
  append_field(bytes, text_of(policy));
  const Digest digest = digest_of(bytes);
  return {text_of(digest).data(), digest.size()};
}

}  // namespace reprise::tls
