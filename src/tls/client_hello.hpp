#pragma once

#include <optional>
#include <string>

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

// Only inside OpenSSL's ClientHello callback.
ClientHello read_client_hello(SSL* ssl);

}  // namespace reprise::tls
