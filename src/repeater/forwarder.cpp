#include "repeater/forwarder.hpp"

#include <algorithm>
#include <exception>

#include "seal/number.hpp"
#include "subscription/announcement.hpp"
#include "sync/modifiers.hpp"

namespace reprise::repeater {
namespace {

Reason reason_of(seal::Unreadable why) {
  switch (why) {
    case seal::Unreadable::short_datagram:
      return Reason::short_datagram;
    case seal::Unreadable::magic:
      return Reason::other_protocol;
    case seal::Unreadable::version:
    case seal::Unreadable::kind:
      break;
  }
  return Reason::other_version;
}

bool begins_with(Bytes datagram, unsigned char first) {
  return datagram.starts_with(static_cast<char>(first));
}

// uWSGI's packet that sets or erases an item.
bool is_change(Bytes datagram) {
  constexpr std::size_t command_at = 3;
  if (datagram.size() <= command_at || !begins_with(datagram, sync::cache_modifier)) return false;
  const auto command = static_cast<unsigned char>(datagram[command_at]);
  return command == sync::set_command || command == sync::erase_command;
}

}  // namespace

Forwarder::Forwarder(Room& room, const Trust& trust, Output& output)
    : room_(room),
      output_(output),
      members_(room),
      roster_(room),
      cookies_(room),
      trust_(trust),
      announces_(members_, roster_, trust) {}

void Forwarder::refresh() noexcept {
  try {
    if (!roster_.refresh()) return;
    // Whoever has the row of one that left has not its names.
    names_.keep([this](unsigned member) { return roster_.find(member) != nullptr; });
  } catch (const std::exception&) {  // memory, or the lock: it is tried again
    room_.counters.failed.add();
  }
}

void Forwarder::sweep(Moment now) noexcept {
  try {
    members_.sweep(now);
  } catch (const std::exception&) {  // as above
    room_.counters.failed.add();
  }
}

template <class Consider>
void Forwarder::count(Bytes datagram, Consider consider) noexcept {
  room_.counters.received.add();
  room_.counters.received_bytes.add(datagram.size());
  try {
    if (const Outcome reason = consider()) room_.counters.reject(*reason);
  } catch (const std::exception&) {  // memory, the lock, or OpenSSL
    room_.counters.failed.add();
  }
}

void Forwarder::take(Bytes datagram, const net::Endpoint& from, int hops, Moment now) noexcept {
  count(datagram, [&]() -> Outcome {
    const auto address = Address::of(from);
    if (!address) return Reason::not_member;
    return consider({datagram, from, *address, hops, now});
  });
}

void Forwarder::take_announce(Bytes datagram, const net::Endpoint& from, Moment now) noexcept {
  count(datagram, [&]() -> Outcome {
    const auto address = Address::of(from);
    if (!address) return Reason::malformed;
    return consider_announce({datagram, from, *address, 0, now});
  });
}

Forwarder::Outcome Forwarder::consider(const Arrival& arrival) {
  if (seal::looks_clear(arrival.datagram)) return consider_clear(arrival);
  if (seal::looks_sealed(arrival.datagram)) return consider_sealed(arrival);
  if (is_change(arrival.datagram)) return consider_plain(arrival);
  if (begins_with(arrival.datagram, subscription::packet_modifier)) {
    return consider_announce(arrival);
  }
  return Reason::other_protocol;
}

Forwarder::Outcome Forwarder::consider_clear(const Arrival& arrival) {
  const auto clear = seal::read_clear(arrival.datagram);
  if (!clear || clear->operation == seal::ClearOperation::cookie) return Reason::malformed;
  if (trust_.may_announce && !trust_.may_announce(arrival.from)) return Reason::unlisted;
  const bool is_valid = cookies_.is_valid(clear->cookie, arrival.address, arrival.now);
  if (clear->operation == seal::ClearOperation::leave) {
    if (!is_valid) return Reason::wrong_cookie;
    members_.leave(arrival.address, Members::Proof::some);
    return std::nullopt;
  }
  if (!is_valid) return send_cookie(arrival.address, arrival.now);
  return members_.returned_cookie(arrival.address, arrival.now);
}

Forwarder::Outcome Forwarder::send_cookie(const Address& address, Moment now) {
  // Members are not shut out by a flood of strangers.
  if (!cookies_.may_send(address, roster_.find(address) != nullptr, now))
    return Reason::cookie_shed;
  output_.answer(seal::write_clear({seal::ClearOperation::cookie, cookies_.make(address, now)}),
                 address);
  room_.counters.cookies.add();
  return Reason::wrong_cookie;
}

Forwarder::Outcome Forwarder::consider_announce(const Arrival& arrival) {
  const Announces::Verdict verdict =
      announces_.take(arrival.datagram, arrival.from, arrival.address, cookies_, arrival.now);
  if (verdict.wants_cookie) return send_cookie(*verdict.wants_cookie, arrival.now);
  return verdict.reason;
}

// Counts what a member sends, and whether it may go on.
Forwarder::Outcome Forwarder::admit(const Roster::Entry& sender, const Arrival& arrival,
                                    const Terms& terms) {
  MemberRow& row = *sender.row;
  row.received.add();
  row.received_bytes.add(arrival.datagram.size());
  const Outcome reason = [&]() -> Outcome {
    if (!take_some(row.rate, 1, terms.each_second, arrival.now))
      return terms.each_second == each_second ? Reason::too_often : Reason::bulk_shed;
    const bool is_bounded = sender.right == Right::cookie;
    if (is_bounded && !take_some(row.copies, terms.copies, copies_each_second, arrival.now))
      return Reason::too_often;
    // First, for what goes no further must not stand in the way of what would.
    if (arrival.hops < 2) return Reason::far;
    const std::uint64_t hash = siphash(room_.fingerprint_key, arrival.datagram);
    if (!room_.fingerprints.note(hash, sender.number, terms.rule, arrival.now)) return Reason::seen;
    return std::nullopt;
  }();
  if (reason) row.reject(*reason);
  return reason;
}

Forwarder::Outcome Forwarder::consider_sealed(const Arrival& arrival) {
  seal::Unreadable why{};
  const auto header = seal::read_header(arrival.datagram, why);
  if (!header) return reason_of(why);
  const Roster::Entry* const sender = roster_.find(arrival.address);
  if (sender == nullptr) return Reason::not_member;
  const bool is_bulk = header->kind == seal::Kind::bulk;
  const bool is_for_one = header->to != 0 && names_.find(header->to, arrival.now);
  const auto refused = admit(*sender, arrival,
                             {is_bulk ? bulk_each_second : each_second,
                              is_for_one ? 1 : roster_.all().size(), Fingerprints::Rule::once});
  if (refused) return refused;
  const Bytes name(reinterpret_cast<const char*>(header->sender.data()), header->sender.size());
  names_.learn(static_cast<std::uint32_t>(seal::number_at(name, 0, 4)), sender->number,
               sender->right == Right::configured ? Names::of_repeater : Names::of_node,
               arrival.now);
  const auto known = header->to == 0 ? std::nullopt : names_.find(header->to, arrival.now);
  const Roster::Entry* const addressee = known ? roster_.find(*known) : nullptr;
  if (addressee == nullptr) {
    forward_to_all(arrival, sender, /*sealed=*/true);
    return std::nullopt;
  }
  if (addressee == sender) {
    sender->row->reject(Reason::returned);
    return Reason::returned;
  }
  room_.counters.forwarded.add();
  output_.forward(arrival.datagram, *addressee, std::min(arrival.hops, farthest) - 1);
  return std::nullopt;
}

// Who sends changes in the clear does it from a port of the moment: whoever may have them all may
// send from any of its host's.
Forwarder::Outcome Forwarder::consider_plain(const Arrival& arrival) {
  const Roster::Entry* sender = roster_.find(arrival.address);
  bool is_sure = true;
  if (sender == nullptr || !gets_everything(sender->right)) {
    const Roster::OfHost of_host = roster_.of_host(arrival.address);
    sender = of_host.first;
    is_sure = of_host.alone;
  }
  if (sender == nullptr) return Reason::not_member;
  // Two nodes may say the same, the second after somebody else has said something else. In a circle
  // it comes back from another repeater, and those are configured.
  const bool may_be_repeater = sender->right == Right::configured;
  const auto rule = may_be_repeater ? Fingerprints::Rule::once_around : Fingerprints::Rule::always;
  const auto refused = admit(*sender, arrival, {each_second, roster_.all().size(), rule});
  if (refused) return refused;
  forward_to_all(arrival, is_sure ? sender : nullptr, /*sealed=*/false);
  return std::nullopt;
}

void Forwarder::forward_to_all(const Arrival& arrival, const Roster::Entry* except, bool sealed) {
  room_.counters.forwarded.add();
  const int hops = std::min(arrival.hops, farthest) - 1;
  for (const Roster::Entry& entry : roster_.all()) {
    if (&entry == except || (!sealed && !gets_everything(entry.right))) continue;
    output_.forward(arrival.datagram, entry, hops);
  }
}

}  // namespace reprise::repeater
