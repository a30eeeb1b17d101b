#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/clock.hpp"

namespace reprise::tls {

enum class SessionMiss { unknown, expired };

// Where sessions are kept that any worker may resume. Called from OpenSSL's callbacks inside a
// handshake: must not block, must not throw. The implementation is filled in by the application
// (sessions::SharedSessions) before the fork and used by every worker.
class SessionStore {
public:
  virtual ~SessionStore() = default;

  // Keeps the DER of a session under its id until `expires` (Unix seconds, never 0). False if it
  // cannot: the handshake goes on, and the client will miss later.
  virtual bool put(Bytes id, Bytes der, UnixSeconds expires) noexcept = 0;

  // The DER, or nothing; `why` is set then.
  virtual std::optional<std::string> get(Bytes id, SessionMiss& why) noexcept = 0;

  virtual void remove(Bytes id) noexcept = 0;
};

}  // namespace reprise::tls
