#include "tls/resumption.hpp"

#include <algorithm>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "base/wipe.hpp"
#include "tls/client_hello.hpp"

namespace reprise::tls {
namespace {

// A client may offer more than it has, one after the other.
constexpr std::size_t most_offers = 4;

UnixSeconds end_of(const SSL_SESSION* session) {
  const auto end = SSL_SESSION_get_time(session) + SSL_SESSION_get_timeout(session);
  return end > 0 ? static_cast<UnixSeconds>(end) : 0;
}

// The DER of a session, wiped when it is no longer needed: it holds the master secret.
class EncodedSession {
public:
  EncodedSession(const SSL_SESSION* session, SessionForm form) {
    const int size = i2d_SSL_SESSION(session, &data_);
    allocated_ = size_ = size > 0 ? static_cast<std::size_t>(size) : 0;
    if (form == SessionForm::openssl_1_0) size_ = fit_openssl_1_0({text(), size_});
  }
  ~EncodedSession() { OPENSSL_clear_free(data_, allocated_); }
  EncodedSession(const EncodedSession&) = delete;
  EncodedSession& operator=(const EncodedSession&) = delete;

  Bytes bytes() const { return {text(), size_}; }

private:
  char* text() const { return reinterpret_cast<char*>(data_); }

  unsigned char* data_ = nullptr;
  std::size_t allocated_ = 0;
  std::size_t size_ = 0;
};

}  // namespace

Resumption::~Resumption() {
  for (Offer& offer : offers_)
    if (offer.session) wipe(offer.session->der);
}

bool Resumption::begin(bool offered, const Site& site, const SessionContext& context) {
  offered_ = offered;
  asks_for_certificate_ = site.verify_mode != SSL_VERIFY_NONE;
  lifetime_ = site.session_lifetime;
  context_ = context;
  SSL_set_session_id_context(ssl_, reinterpret_cast<const unsigned char*>(context_.data()),
                             static_cast<unsigned>(context_.size()));
  SSL_set_num_tickets(ssl_, site.tickets);
  return !offered || !seek();
}

// What OpenSSL will ask for is looked up before it does: only here can the handshake wait.
bool Resumption::seek() {
  if (has_sought_ || store_ == nullptr || !store_->may_seek()) return false;
  has_sought_ = true;
  for (const std::string& id : offered_session_ids(ssl_)) {
    Offer& offer = fetch(id);
    if (offer.session || offer.why != SessionMiss::unknown) return false;
    sought_ = store_->seek(id, offer.why);
    sought_id_ = id;
    if (sought_) return true;
  }
  return false;
}

void Resumption::settle(SessionMiss why) {
  sought_.reset();
  Offer& offer = fetch(sought_id_);
  offer.session = store_->get_sought(sought_id_);
  offer.why = why;
}

Resumption::Offer& Resumption::fetch(Bytes id) {
  for (Offer& offer : offers_)
    if (offer.id == id) return offer;
  if (offers_.size() == most_offers) {
    if (offers_.back().session) wipe(offers_.back().session->der);
    offers_.pop_back();
  }
  Offer& offer = offers_.emplace_back();
  offer.id.assign(id);
  offer.session = store_->get(id, offer.why);
  return offer;
}

SessionPtr Resumption::decode(Bytes der) {
  const auto* position = reinterpret_cast<const unsigned char*>(der.data());
  const auto* const end = position + der.size();
  SessionPtr session(d2i_SSL_SESSION(nullptr, &position, static_cast<long>(der.size())));
  if (session && position != end) session.reset();
  if (!session) ERR_clear_error();
  return session;
}

SessionPtr Resumption::find(Bytes id) {
  const Offer& offer = fetch(id);
  if (!offer.session) {
    verdict_ = Verdict::missed;
    // Of several the first that says more than that it is not there.
    if (why_missed_ == SessionMiss::unknown) why_missed_ = offer.why;
    return nullptr;
  }
  SessionPtr session = decode(offer.session->der);
  if (!session) {
    verdict_ = Verdict::undecodable;
    store_->remove(id);
    return nullptr;
  }
  if (offer.session->made_elsewhere) {
    verdict_ = judge_elsewhere(*offer.session, session.get());
    if (verdict_ != Verdict::none) return nullptr;
  }
  if (!accept(session.get())) return nullptr;
  way_ = offer.session->way;
  return session;
}

// Of a session that another node made: none if nothing speaks against it so far. Its time becomes
// one of this node's clock.
Resumption::Verdict Resumption::judge_elsewhere(const StoredSession& stored,
                                                SSL_SESSION* session) const {
  const bool has_certificate = SSL_SESSION_get0_peer(session) != nullptr;
  if ((asks_for_certificate_ || has_certificate) && !stored.trusted) return Verdict::untrusted;
  // Nodes whose context is a plain text may tell us of other policies under the same.
  if (has_certificate && !asks_for_certificate_) return Verdict::other_context;
  const UnixSeconds now = unix_now();
  if (stored.expires <= now) return Verdict::expired;
  const auto left = std::min(stored.expires - now, static_cast<UnixSeconds>(lifetime_));
  SSL_SESSION_set_time(session, static_cast<long>(now));
  SSL_SESSION_set_timeout(session, static_cast<long>(left));
  return Verdict::none;
}

Resumption::Verdict Resumption::judge(const SSL_SESSION* session) const {
  unsigned size = 0;
  const auto* context = reinterpret_cast<const char*>(SSL_SESSION_get0_id_context(session, &size));
  if (Bytes(context, size) != Bytes(context_.data(), context_.size()))
    return Verdict::other_context;
  return end_of(session) > unix_now() ? Verdict::good : Verdict::expired;
}

bool Resumption::accept(const SSL_SESSION* session) {
  verdict_ = judge(session);
  if (verdict_ == Verdict::good) end_ = end_of(session);
  return verdict_ == Verdict::good;
}

void Resumption::limit(SSL_SESSION* session) {
  long left = lifetime_;
  if (SSL_session_reused(ssl_) == 1) {
    const auto now = unix_now();
    left = end_ > now ? static_cast<long>(end_ - now) : 0;
  }
  // Never 0, which would be for ever: the clock may have ticked since spare_the_last_second().
  SSL_SESSION_set_timeout(session, std::max(left, 1L));
  if (store_ == nullptr) counters_.sessions_stored.add();
}

std::optional<std::size_t> Resumption::keep(SSL_SESSION* session) {
  unsigned size = 0;
  const auto* id = reinterpret_cast<const char*>(SSL_SESSION_get_id(session, &size));
  if (size == 0) return {};
  // TLS 1.3 was limited when its ticket was made.
  const bool is_new = SSL_session_reused(ssl_) == 0;
  if (is_new) SSL_SESSION_set_timeout(session, lifetime_);
  const EncodedSession der(session, form_);
  if (der.bytes().empty()) return {};
  const auto kind = asks_for_certificate_ ? SessionKind::identifying : SessionKind::anonymous;
  const bool stored = store_->put({id, size}, der.bytes(), end_of(session), kind);
  (stored ? counters_.sessions_stored : counters_.sessions_refused).add();
  if (stored) return {};
  return der.bytes().size();
}

void Resumption::spare_the_last_second() {
  if (end_ == 0 || SSL_session_reused(ssl_) == 0) return;
  if (end_ <= unix_now()) SSL_set_num_tickets(ssl_, 0);
}

shm::Counter& Resumption::counter_of(SessionMiss why) const {
  switch (why) {
    case SessionMiss::unknown:
      return counters_.miss_unknown;
    case SessionMiss::expired:
      return counters_.miss_expired;
    case SessionMiss::forged:
      return counters_.miss_forged;
    case SessionMiss::erased:
      return counters_.miss_erased;
    case SessionMiss::evicted:
      return counters_.miss_evicted;
    case SessionMiss::lost:
      return counters_.miss_lost;
    case SessionMiss::timed_out:
      return counters_.miss_timed_out;
    case SessionMiss::refused:
      return counters_.miss_refused;
  }
  return counters_.miss_unknown;
}

void Resumption::finish() {
  if (!offered_) return;
  if (SSL_session_reused(ssl_) == 1) {
    if (way_) counters_.hits[static_cast<std::size_t>(*way_)].add();
    return;
  }
  switch (verdict_) {
    case Verdict::none:  // an offer that is of no form of ours
      counters_.miss_unknown.add();
      break;
    case Verdict::missed:
      counter_of(why_missed_).add();
      break;
    case Verdict::expired:
      counters_.miss_expired.add();
      break;
    case Verdict::good:  // found, but of another version or cipher suite
    case Verdict::other_context:
      counters_.miss_other_context.add();
      break;
    case Verdict::untrusted:
      counters_.miss_untrusted.add();
      break;
    case Verdict::undecodable:
      counters_.miss_undecodable.add();
      break;
  }
}

}  // namespace reprise::tls
