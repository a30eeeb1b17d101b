#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "tls/counters.hpp"
#include "tls/old_session.hpp"
#include "tls/session_store.hpp"
#include "tls/site.hpp"

namespace reprise::tls {

// The session side of one handshake: looks the offered session up, refuses what was made elsewhere,
// keeps new ones, and holds all of a chain of renewals to the lifetime of its first handshake.
class Resumption {
public:
  // References and `store` (null: stateless tickets) outlive this.
  Resumption(SSL* ssl, SessionStore* store, SessionForm form, Counters& counters)
      : ssl_(ssl), store_(store), form_(form), counters_(counters) {}
  ~Resumption();
  Resumption(const Resumption&) = delete;
  Resumption& operator=(const Resumption&) = delete;

  // What the ClientHello leads to. May come twice (HelloRetryRequest, or after a search). False if
  // the handshake is to wait until sought() is settled, and settle() was called.
  bool begin(bool offered, const Site& site, const SessionContext& context);

  // A session that is looked for on other nodes; null: none.
  SoughtSession* sought() const { return sought_.get(); }
  void settle(SessionMiss why);

  // The session of an id or a stateful ticket, if it may be resumed here. Asks the store once for
  // an id, however often OpenSSL does.
  SessionPtr find(Bytes id);

  // An id for a new session. False if any random bytes will do.
  bool make_id(Buffer id) { return store_ != nullptr && store_->make_id(id); }

  // Whether a session that OpenSSL found in a ticket may be resumed here.
  bool accept(const SSL_SESSION* session);

  // Before a ticket is made of it: what is left of its lifetime.
  void limit(SSL_SESSION* session);

  // A session of this handshake that the client can come back with. Returns the size of its DER if
  // the store did not take it.
  std::optional<std::size_t> keep(SSL_SESSION* session);

  // Before each step: no renewal in the last second, when nothing would be left to promise.
  void spare_the_last_second();

  // The handshake is over: counts what became of the offer.
  void finish();

private:
  enum class Verdict { none, good, missed, expired, other_context, untrusted, undecodable };

  SessionPtr decode(Bytes der);
  Verdict judge(const SSL_SESSION* session) const;
  Verdict judge_elsewhere(const StoredSession& stored, SSL_SESSION* session) const;
  // What the store has for an id that the client offers.
  struct Offer {
    std::string id;
    std::optional<StoredSession> session;
    SessionMiss why = SessionMiss::unknown;
  };
  Offer& fetch(Bytes id);
  bool seek();
  shm::Counter& counter_of(SessionMiss why) const;

  SSL* ssl_;
  SessionStore* store_;
  SessionForm form_;
  Counters& counters_;
  bool offered_ = false;
  bool asks_for_certificate_ = false;
  long lifetime_ = 0;  // of a new session, seconds
  SessionContext context_;
  Verdict verdict_ = Verdict::none;
  UnixSeconds end_ = 0;  // of the session that was found

  std::vector<Offer> offers_;
  std::optional<SessionWay> way_;  // of the session that was found
  SessionMiss why_missed_ = SessionMiss::unknown;

  bool has_sought_ = false;  // once in a handshake
  std::unique_ptr<SoughtSession> sought_;
  std::string sought_id_;
};

}  // namespace reprise::tls
