#pragma once

#include <string>
#include <vector>

#include "tls/session_context.hpp"

// Loading of certificates and keys into a context, with uWSGI's words for what fails
// (spec/routers/https.md 2) and OpenSSL's reason behind them. Each value is a file's name, or PEM
// text itself if `inline_pem` allows that (`ssl-tmp-dir`).
namespace reprise::tls {

struct PemSource {
  const std::string& value;
  bool inline_pem = false;
};

// All throw std::runtime_error; `context_name` is for the message.
void use_certificate_chain(SSL_CTX* context, const PemSource& source,
                           const std::string& context_name);
void use_private_key(SSL_CTX* context, const PemSource& source, const std::string& context_name);
// Finite-field Diffie-Hellman parameters in the certificate's file; none are fine.
void use_dh_parameters(SSL_CTX* context, const PemSource& source);
// Trusts the certificates for client certificates and names them to clients. Their digests.
std::vector<Digest> use_client_authorities(SSL_CTX* context, const PemSource& source,
                                           const std::string& context_name);

}  // namespace reprise::tls
