#pragma once

#include <string>

#include "common/openssl.hpp"
#include "floor/session_store.hpp"

namespace reprise::bench {

// The server side with everything that makes it cheap: sessions in `store` (no tickets that carry
// the session, one TLS 1.3 ticket), X25519 first, reading ahead, buffers released when idle.
// Keeps a reference to `store`. Throws std::runtime_error.
ContextPtr make_server_context(const std::string& certificate, const std::string& key,
                               SessionStore& store);

}  // namespace reprise::bench
