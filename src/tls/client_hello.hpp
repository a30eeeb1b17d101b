#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "tls/openssl.hpp"

namespace reprise::tls {

// What a ClientHello says that matters before OpenSSL works on it (RFC 8446 4.1.2, RFC 6066 3).
struct ClientHello {
  std::string server_name;      // lower case; empty: none, or none that is a host name
  bool offers_session = false;  // a TLS 1.3 ticket, or a TLS 1.2 session id or ticket
};

// The host name in a server_name extension's body; nothing if malformed or not a name of at most
// 255 bytes without NUL.
std::optional<std::string> parse_server_name(Bytes extension);

// Whether a supported_versions extension's body has TLS 1.3. The body of a malformed one has not.
bool has_tls_1_3(Bytes extension);

// The first two identities of a pre_shared_key extension's body (RFC 8446 4.2.11) that can be names
// of stored sessions: 32 bytes each. None of a malformed one.
std::vector<std::string> session_names(Bytes extension);

// Both only inside OpenSSL's ClientHello callback. The second: the ids of the sessions that it
// offers, of those that OpenSSL will look up (at most two).
ClientHello read_client_hello(SSL* ssl);
std::vector<std::string> offered_session_ids(SSL* ssl);

}  // namespace reprise::tls
