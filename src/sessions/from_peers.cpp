#include "sessions/from_peers.hpp"

#include <algorithm>
#include <exception>
#include <limits>

#include "sessions/session_der.hpp"

namespace reprise::sessions {
namespace {

// By when a session ends, by the clock that `expires` goes by; 0: no end is told.
UnixSeconds end_of(const sync::Change& change, const SessionFacts& session, bool copied) {
  if (change.expires != 0 || !copied) return change.expires;
  return session.created + session.lifetime;
}

// What is left of something until `end`, a moment of the clock that now shows `now`.
std::optional<UnixSeconds> left_until(UnixSeconds end, UnixSeconds now) {
  if (end <= now) return std::nullopt;
  return end - now;
}

// What was copied has an expiry by another node's clock.
std::optional<sync::Rejection> put_by_own_clock(sync::Change& change,
                                                const sync::Arrival& arrival) {
  if (arrival.copied_at == 0 || change.expires == 0) return std::nullopt;
  const auto left = left_until(change.expires, arrival.copied_at);
  if (!left) return sync::Rejection::expired;
  // An end that no clock can show is none.
  const bool endless = *left > std::numeric_limits<UnixSeconds>::max() - arrival.now;
  change.expires = endless ? 0 : arrival.now + *left;
  return std::nullopt;
}

}  // namespace

std::optional<sync::Rejection> FromPeers::judge(sync::Change& change,
                                                const sync::Arrival& arrival) {
  if (change.operation != sync::Operation::set) return std::nullopt;
  const auto longest = static_cast<UnixSeconds>(sharing_.longest.count());
  const auto session = longest == 0 ? std::nullopt : read_session(change.value);
  if (!session) return put_by_own_clock(change, arrival);
  const bool believed = arrival.trusted || arrival.from_this_host || sharing_.client_certificates;
  if (session->has_certificate && !believed) return sync::Rejection::untrusted;
  const bool copied = arrival.copied_at != 0;
  UnixSeconds left = longest;  // of one that never expires
  if (const UnixSeconds end = end_of(change, *session, copied); end != 0) {
    const UnixSeconds then = arrival.trusted ? arrival.now : session->created;
    const auto told = left_until(end, copied ? arrival.copied_at : then);
    if (!told) return sync::Rejection::expired;
    left = std::min(left, *told);
  }
  change.expires = arrival.now + left;
  return std::nullopt;
}

bool FromPeers::may_leave(const cache::Item& item) const {
  if (sharing_.longest.count() == 0 || sharing_.client_certificates) return true;
  namespace flags = cache::item_flags;
  if ((item.flags & flags::for_this_host) != 0) return false;
  const bool believed = (item.flags & flags::believed) != 0;
  if (believed && sharing_.asks_for_certificates) return false;
  const auto session = read_session(item.value);
  return !session || !session->has_certificate;
}

void FromPeers::erased(Bytes key) noexcept {
  if (!tell_) return;
  try {
    tell_(key);
  } catch (const std::exception&) {  // memory: what is stored elsewhere ends with its time
  }
}

}  // namespace reprise::sessions
