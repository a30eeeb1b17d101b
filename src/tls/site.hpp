#pragma once

#include <cstdint>
#include <string>

#include "tls/session_context.hpp"

namespace reprise::tls {

// What one certificate's connections are made with: the listener's own, or an SNI entry's.
struct Site {
  SslContextPtr context;
  Digest policy{};            // see session_context()
  std::uint64_t options = 0;  // of OpenSSL; see change_site()
  int verify_mode = 0;        // SSL_VERIFY_*
  int verify_depth = 0;
  long session_lifetime = 0;  // seconds from the full handshake, 1..max_session_lifetime
  std::size_t tickets = 1;    // per full TLS 1.3 handshake
};

struct SiteOrder {
  const Identity& identity;
  const Policy& policy;
  std::string context_name;  // for messages
  std::string entry_name;    // in the session policy; empty for a listener's own
};

// Throws std::runtime_error with uWSGI's words.
Site make_site(const SiteOrder& order);

// Gives `ssl` another certificate, ciphers and options. Only in the ClientHello callback, where
// neither the version nor a session has been chosen yet.
void change_site(SSL* ssl, const Site& from, const Site& to);

}  // namespace reprise::tls
