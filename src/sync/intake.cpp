#include "sync/intake.hpp"

#include <exception>

#include "net/datagram.hpp"

namespace reprise::sync {

void Intake::take(Bytes datagram, const net::Endpoint& from, UnixSeconds now) noexcept {
  PeerCounters& peer = ledger_.peer(from);
  peer.received.add();
  peer.received_bytes.add(datagram.size());
  peer.last_packet.set(monotonic_milliseconds());
  std::optional<Rejection> reason = Rejection::failed;
  try {
    reason = apply(datagram, from, now);
    if (reason) say(*reason);
  } catch (const std::exception&) {  // memory, or the cache's lock: the count says so
  }
  if (reason) {
    peer.rejected[static_cast<std::size_t>(*reason)].add();
  } else {
    peer.applied.add();
  }
}

std::optional<Rejection> Intake::apply(Bytes datagram, const net::Endpoint& from, UnixSeconds now) {
  if (own_.contains(from)) return Rejection::own;
  Rejection why = Rejection::failed;
  std::optional<Change> change = decode(datagram, why);
  if (!change) return why;
  const bool from_this_host = net::is_loopback(from);
  if (acceptance_ != nullptr) {
    if (const auto reason = acceptance_->judge(*change, from_this_host, now)) return reason;
  }
  return apply(*change, from_this_host, now);
}

std::optional<Rejection> Intake::apply(const Change& change, bool from_this_host, UnixSeconds now) {
  if (change.operation == Operation::erase) {
    if (!cache_.erase(change.key)) return Rejection::unknown_key;
    return std::nullopt;
  }
  namespace flags = cache::item_flags;
  const auto origin =
      static_cast<std::uint16_t>(flags::from_peer | (from_this_host ? flags::from_this_host : 0));
  switch (cache_.update(change.key, change.value, change.expires, now, origin)) {
    case cache::SetResult::stored:
      return std::nullopt;
    case cache::SetResult::full:
      return Rejection::full;
    case cache::SetResult::invalid:
    case cache::SetResult::exists:  // not of an update
      return Rejection::too_large;  // key and value are not empty
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
