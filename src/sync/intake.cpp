#include "sync/intake.hpp"

#include <sys/socket.h>

#include <exception>

#include "net/datagram.hpp"

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

std::optional<Rejection> Intake::copy(Change item, const Arrival& arrival) noexcept {
  try {
    return apply(item, Existing::keep, arrival);
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
    if (!cache_.erase(change.key)) return Rejection::unknown_key;
    return std::nullopt;
  }
  namespace flags = cache::item_flags;
  const auto origin = static_cast<std::uint16_t>(
      flags::from_peer | (arrival.from_this_host ? flags::from_this_host : 0));
  const auto result =
      existing == Existing::replace
          ? cache_.update(change.key, change.value, change.expires, arrival.now, origin)
          : cache_.set(change.key, change.value, change.expires, arrival.now, origin);
  switch (result) {
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
