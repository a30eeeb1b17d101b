#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/clock.hpp"

namespace reprise::tls {

enum class SessionMiss { unknown, expired };

// Whether a session says who the client is: its listener asks for a certificate, whether one came
// or not.
enum class SessionKind { anonymous, identifying };

struct StoredSession {
  std::string der;
  UnixSeconds expires = 0;  // by this node's clock
  // Another node made it: the time in its DER is by that node's clock.
  bool made_elsewhere = false;
  // It may be believed who its client is.
  bool trusted = true;
};

// Where sessions are kept that any worker may resume. Called from OpenSSL's callbacks inside a
// handshake: must not block, must not throw. The implementation is filled in by the application
// (sessions::SharedSessions) before the fork and used by every worker.
class SessionStore {
public:
  virtual ~SessionStore() = default;

  // Keeps the DER of a session under its id until `expires` (Unix seconds, never 0). False if it
  // cannot: the handshake goes on, and the client will miss later.
  virtual bool put(Bytes id, Bytes der, UnixSeconds expires, SessionKind kind) noexcept = 0;

  // The session, or nothing; `why` is set then.
  virtual std::optional<StoredSession> get(Bytes id, SessionMiss& why) noexcept = 0;

  virtual void remove(Bytes id) noexcept = 0;

  // Makes a new id, of a session that this node is to keep. False if any random bytes will do.
  virtual bool make_id(Buffer id) noexcept = 0;
};

}  // namespace reprise::tls
