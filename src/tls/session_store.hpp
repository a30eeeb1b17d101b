#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "net/asio.hpp"

namespace reprise::tls {

// Why there is no session.
enum class SessionMiss {
  unknown,
  expired,
  forged,  // the id was never made by a node of the cluster
  erased,
  evicted,    // gone for want of room, where it was made
  lost,       // on the way here, and where it was made nobody answers
  timed_out,  // another node was asked, and did not answer in time
  refused,    // too many are asked for at once
};

// How a session came to this node.
enum class SessionWay { made_here, pushed, pulled };
inline constexpr std::size_t session_ways = 3;

// Whether a session says who the client is: its listener asks for a certificate, whether one came
// or not.
enum class SessionKind { anonymous, identifying };

struct StoredSession {
  std::string der;
  UnixSeconds expires = 0;  // by this node's clock
  // Another node made it: the time in its DER is by that node's clock.
  bool made_elsewhere = false;
  SessionWay way = SessionWay::made_here;
  // It may be believed who its client is.
  bool trusted = true;
};

// A session that is being looked for on other nodes.
class SoughtSession {
public:
  virtual ~SoughtSession() = default;

  // Suspends until it is here, or will not come: some milliseconds at most. Why not, then.
  virtual net::awaitable<SessionMiss> settled() = 0;
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

  // Looks for a session on other nodes, after get() found none here. Null if that makes no sense;
  // `why` is set then. The handshake is to wait until it is settled, and to call get_sought().
  virtual std::unique_ptr<SoughtSession> seek(Bytes id, SessionMiss& why) noexcept = 0;
  // The session, if it has come. The look-up is the one that get() has counted.
  virtual std::optional<StoredSession> get_sought(Bytes id) noexcept = 0;
  // Whether seek() ever finds something out, if only that an id is forged.
  virtual bool may_seek() const noexcept = 0;

  virtual void remove(Bytes id) noexcept = 0;

  // Makes a new id, of a session that this node is to keep. False if any random bytes will do.
  virtual bool make_id(Buffer id) noexcept = 0;
};

}  // namespace reprise::tls
