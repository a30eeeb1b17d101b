#include "sync/intake.hpp"

#include <sys/socket.h>

#include <exception>
#include <tuple>

#include "net/datagram.hpp"
#include "seal/envelope.hpp"

namespace reprise::sync {

bool is_this_host(const net::Endpoint& endpoint) {
  return endpoint.family() == AF_UNIX || net::is_loopback(endpoint);
}

// Counts what `apply` makes of a change of so many bytes.
template <class F>
std::optional<Rejection> Intake::count(std::size_t bytes, const net::Endpoint& from,
                                       F&& apply) noexcept {
  PeerCounters& peer = ledger_.peer(from);
  peer.received.add();
  peer.received_bytes.add(bytes);
  peer.last_packet.set(monotonic_milliseconds());
  std::optional<Rejection> reason = Rejection::failed;
  try {
    reason = apply();
  } catch (const std::exception&) {  // memory, or the cache's lock: the count says so
  }
  if (reason) {
    peer.rejected[static_cast<std::size_t>(*reason)].add();
  } else {
    peer.applied.add();
  }
  return reason;
}

void Intake::take(Bytes datagram, const net::Endpoint& from, UnixSeconds now) noexcept {
  if (seal::looks_sealed(datagram)) say_sealed(from);
  count(datagram.size(), from, [&] {
    const auto reason = apply(datagram, from, now);
    if (reason) say(*reason);
    return reason;
  });
}

std::optional<Rejection> Intake::take(const Change& change, Existing existing,
                                      const net::Endpoint& from, UnixSeconds now) noexcept {
  return count(change.key.size() + change.value.size(), from, [&] {
    return apply(change, existing, {now, is_this_host(from)});
  });
}

std::optional<Rejection> Intake::take_trusted(const Change& change, Existing existing,
                                              UnixSeconds now, bool asked_for) noexcept {
  try {
    Arrival arrival;
    arrival.now = now;
    arrival.trusted = true;
    arrival.asked_for = asked_for;
    return apply(change, existing, arrival);
  } catch (const std::exception&) {  // as above
    return Rejection::failed;
  }
}

std::optional<Rejection> Intake::copy(Change item, const Arrival& arrival) noexcept {
  try {
    if (was_erased(item.key)) return Rejection::erased;
    return apply(item, Existing::spare_all, arrival);
  } catch (const std::exception&) {  // as above
    return Rejection::failed;
  }
}

std::optional<Rejection> Intake::apply(Bytes datagram, const net::Endpoint& from, UnixSeconds now) {
  if (own_.contains(from)) return Rejection::own;
  Rejection why = Rejection::failed;
  const std::optional<Change> change = decode(datagram, why);
  if (!change) return why;
  return apply(*change, Existing::replace, {now, is_this_host(from)});
}

std::optional<Rejection> Intake::apply(Change change, Existing existing, const Arrival& arrival) {
  if (acceptance_ != nullptr) {
    if (const auto reason = acceptance_->judge(change, arrival)) return reason;
  }
  return store(change, existing, arrival);
}

std::optional<Rejection> Intake::store(const Change& change, Existing existing,
                                       const Arrival& arrival) {
  if (change.operation == Operation::erase) {
    note_erased(change.key);
    if (acceptance_ != nullptr) acceptance_->erased(change.key);
    if (!cache_.erase(change.key)) return Rejection::unknown_key;
    return std::nullopt;
  }
  namespace flags = cache::item_flags;
  const auto origin = static_cast<std::uint16_t>(
      flags::from_peer | (arrival.from_this_host || arrival.trusted ? flags::believed : 0) |
      (arrival.asked_for ? flags::asked_for : 0));
  const auto put = [&] {
    const auto& [key, value, expires] = std::tie(change.key, change.value, change.expires);
    switch (existing) {
      case Existing::replace:
        return cache_.update(key, value, expires, arrival.now, origin);
      case Existing::keep:
        return cache_.set(key, value, expires, arrival.now, origin);
      case Existing::spare_all:
        return cache_.set_if_free(key, value, expires, arrival.now, origin);
    }
    return cache::SetResult::invalid;
  };
  switch (put()) {
    case cache::SetResult::stored:
      return std::nullopt;
    case cache::SetResult::full:
      return Rejection::full;
    case cache::SetResult::exists:
      return Rejection::present;
    case cache::SetResult::invalid:
      if (change.key.empty()) return Rejection::no_key;
      return change.value.empty() ? Rejection::no_value : Rejection::too_large;
  }
  return Rejection::failed;
}

void Intake::note_erased(Bytes key) {
  // One more than are remembered says that there were others.
  if (erased_ && erased_->size() <= most_erased) erased_->emplace(key);
}

bool Intake::was_erased(Bytes key) const {
  if (!erased_) return false;
  return erased_->size() > most_erased || erased_->contains(std::string(key));
}

// Each address once, and not without end: it may be forged.
void Intake::say_sealed(const net::Endpoint& from) noexcept {
  constexpr std::size_t most = 16;
  if (sealers_.size() >= most) return;
  try {
    if (!sealers_.insert(from.host()).second) return;
    log::event(log::Level::warning, "cluster.sealed",
               {{"cache", cache_.settings().name},
                {"from", from.text()},
                {"remedy", "give this node the secret of that node's cache (cache-udp-secret)"}});
  } catch (const std::exception&) {  // memory
  }
}

// uWSGI's line, of a packet that is well formed and yet changes nothing; it writes one for each.
void Intake::say(Rejection reason) {
  switch (reason) {
    case Rejection::no_key:
    case Rejection::no_value:
    case Rejection::too_large:
    case Rejection::full:
    case Rejection::unknown_key:
      if (lines_.allow()) log::line("[cache-udp-server] unable to update cache");
      return;
    default:
      return;
  }
}

}  // namespace reprise::sync
