#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <boost/static_string/static_string.hpp>

#include "tls/openssl.hpp"
#include "tls/settings.hpp"

namespace reprise::tls {

using Digest = std::array<unsigned char, 32>;  // SHA-256

// What OpenSSL compares before it resumes a session ("session id context").
using SessionContext = boost::static_string<SSL_MAX_SID_CTX_LENGTH>;

// Under what a session was made. Two places share sessions only if it is equal. The certificate is
// not part of it, so that a renewal, or a certificate per node, loses no session.
struct SessionPolicy {
  ClientCertificate client_certificate = ClientCertificate::none;
  int verify_depth = 0;
  std::vector<Digest> authorities;  // of the client CA certificates, in any order
  std::string name;                 // the SNI entry's; empty for the listener's own
};

Digest digest_of(std::string_view bytes);

// Throws std::runtime_error if the certificate cannot be encoded.
Digest digest_of(X509* certificate);

// Of equal policies equal, in every process, node and release.
Digest policy_digest(SessionPolicy policy);

// Binds sessions to `text` (of any length) and the policy.
SessionContext session_context(std::string_view text, const Digest& policy);

}  // namespace reprise::tls
