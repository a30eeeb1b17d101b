// How a member asks the others for a session that is not here, and answers them.
#include "base/wipe.hpp"
#include "cluster/member.hpp"

namespace reprise::cluster {
namespace {

constexpr Moment second = 1000;
constexpr std::uint32_t tolerance = 60;  // seconds between clocks of ids

}  // namespace

void Member::seek(const PullBoard::Ticket& ticket, Moment now) {
  seal::SessionName id{};
  if (parts_.board == nullptr || !names_ || !parts_.board->read(ticket, id)) return;
  const Bytes key(reinterpret_cast<const char*>(id.data()), id.size());
  if (parts_.contents.has(key)) return decided(ticket, PullEnd::found);  // it has come meanwhile
  if (parts_.contents.was_erased(key, now)) return decided(ticket, PullEnd::erased);
  const auto origin = names_->read(key);
  if (!origin) return decided(ticket, PullEnd::unknown);  // the worker should have known
  if (is_over(*origin, now)) return decided(ticket, PullEnd::expired);
  const auto here = static_cast<std::uint16_t>(parts_.shared.node.load(std::memory_order_relaxed));
  pulls_.begin(ticket, id, origin->node, here, microseconds());
}

// By the clock of the node that made it, where that is known: whoever says so wrongly saves nobody
// anything, so it is only ever said of what nobody here has.
bool Member::is_over(const seal::Origin& origin, Moment now) {
  std::optional<std::uint32_t> clock;
  if (origin.node == parts_.shared.node.load(std::memory_order_relaxed))
    clock = parts_.shared.id_clock(now);
  for (const Peer* const peer : peers_.live()) {
    if (!peer->has_or_had(origin.node) || peer->hello_heard == 0) continue;
    if (clock) return false;  // two claim it
    const auto since = static_cast<std::uint32_t>((now - peer->hello_heard) / second);
    clock = peer->hello.id_clock + since;
  }
  if (!clock) return false;
  const std::uint32_t age = (*clock - origin.clock) & id_clock_mask;
  const auto longest = static_cast<std::uint64_t>(parts_.contents.longest().count()) / second;
  return age < id_clock_mask / 2 && age > longest + tolerance;
}

// The repeater on the way may have gone: what is asked again goes by all of them, too.
void Member::ask(const Peer& peer, const AskToken& token, Bytes id, bool again) {
  std::string message;
  append(message, Ask{token, id});
  parts_.shared.counters.asks.add();
  send(seal::Kind::ask, peer.address, peer.name, message, milliseconds_of(CLOCK_BOOTTIME));
  if (again) parts_.wire.send_around(datagram_);
}

void Member::decided(const PullBoard::Ticket& ticket, PullEnd end) {
  if (parts_.board->decide(ticket, end))
    parts_.shared.counters.ended[static_cast<std::size_t>(end)].add();
}

Member::Outcome Member::hear_ask(Peer& peer, const Opened& opened, Bytes body) {
  const auto asked = read_ask(body);
  if (!asked) return sync::Rejection::malformed;
  const auto origin = names_ ? names_->read(asked->id) : std::nullopt;
  if (!origin) return sync::Rejection::malformed;  // of another secret, or none of ours
  Counters& counters = parts_.shared.counters;
  if (!answers_.allow(opened.now)) {
    counters.asks_shed.add();
    return std::nullopt;
  }
  std::string message;
  message.reserve(sync::largest_datagram);
  if (parts_.contents.answer(asked->token, asked->id, message)) {
    counters.answers.add();
  } else {
    append(message, NotHere{asked->token, why_not_here(asked->id, *origin, opened.now)});
    counters.not_here.add();
  }
  // A repeater that brought the question knows the way back.
  const bool by_repeater = parts_.wire.is_configured(opened.from);
  send(seal::Kind::ask, by_repeater ? opened.from : peer.address, peer.name, message, opened.now);
  wipe(message);
  return std::nullopt;
}

// What this node made since it was born, and should still have, went for want of room.
NotHereReason Member::why_not_here(Bytes id, const seal::Origin& origin, Moment now) {
  if (parts_.contents.was_erased(id, now)) return NotHereReason::erased;
  if (origin.node != parts_.shared.node.load(std::memory_order_relaxed))
    return NotHereReason::unknown;
  if (is_over(origin, now)) return NotHereReason::expired;
  const std::uint32_t since =
      (origin.clock - parts_.shared.born.load(std::memory_order_relaxed)) & id_clock_mask;
  return since < id_clock_mask / 2 ? NotHereReason::evicted : NotHereReason::restarted;
}

Member::Outcome Member::hear_answer(Peer& peer, const Opened& opened, Bytes body) {
  const auto told = read_answer(body);
  if (!told) return sync::Rejection::malformed;
  Counters& counters = parts_.shared.counters;
  if (!pulls_.expects(told->token, told->session.id)) {
    counters.late_answers.add();
    return std::nullopt;
  }
  const Moment age = age_of(peer, opened);
  if (age > latest) return sync::Rejection::late;
  const Outcome reason =
      parts_.contents.take(told->session, age, opened.now, Contents::Told::asked_for);
  const Micros now = microseconds();
  if (!reason || reason == sync::Rejection::present) {
    counters.pull_delay.add(pulls_.found(peer, told->token, now));
    return std::nullopt;
  }
  const auto why = reason == sync::Rejection::erased    ? NotHereReason::erased
                   : reason == sync::Rejection::expired ? NotHereReason::expired
                                                        : NotHereReason::unknown;
  pulls_.not_here(peer, told->token, why, now);
  return reason;
}

Member::Outcome Member::hear_not_here(Peer& peer, Bytes body) {
  const auto told = read_not_here(body);
  if (!told) return sync::Rejection::malformed;
  pulls_.not_here(peer, told->token, told->reason, microseconds());
  return std::nullopt;
}

}  // namespace reprise::cluster
