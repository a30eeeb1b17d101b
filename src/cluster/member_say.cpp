// What a member of a cluster says, and when.
#include <algorithm>

#include "base/wipe.hpp"
#include "cluster/member.hpp"
#include "cluster/random.hpp"

namespace reprise::cluster {
namespace {

constexpr std::size_t largest_batch = Healing::largest_batch;
constexpr Moment between_hellos = 1000;
constexpr Moment between_proofs = 60'000;
constexpr Moment between_challenges = 200;
constexpr Moment between_reminders = 10'000;
constexpr Moment between_agings = 1000;
constexpr Moment between_renamings = 10'000;
constexpr unsigned hellos_with_token = 3;  // after the start: they may be lost

}  // namespace

void Member::begin_plaintext(std::uint64_t push, Moment now) {
  plaintext_.clear();
  Preamble preamble;
  preamble.node = static_cast<std::uint16_t>(parts_.shared.node.load(std::memory_order_relaxed));
  preamble.time = now - started_;
  preamble.push = push;
  append_preamble(plaintext_, preamble);
}

void Member::send(seal::Kind kind, const net::Endpoint& at, const seal::SenderName& to,
                  Bytes messages, Moment now) {
  begin_plaintext(0, now);
  plaintext_.append(messages);
  seal_plaintext(kind, address_of(to));
  parts_.wire.send(at, datagram_);
}

void Member::say(const Peer& to, seal::Kind kind, Bytes messages) {
  send(kind, to.address, to.name, messages, now_);
}

void Member::tell_all(seal::Kind kind) {
  seal_plaintext(kind, /*to=*/0);
  parts_.wire.tell(datagram_);
}

void Member::seal_plaintext(seal::Kind kind, std::uint32_t to) {
  datagram_.clear();
  own_.seal(kind, to, plaintext_, datagram_);
  wipe(plaintext_);
  parts_.shared.counters.sealed.add();
  parts_.shared.counters.sealed_bytes.add(datagram_.size());
}

void Member::prove(Peer& peer, const Token& token, Moment now, std::string& messages) {
  if (!peer.proved_back.allow(now, between_challenges) || !proofs_.allow(now)) return;
  append(messages, Proof{token, peer.name, peer.window.newest(), own_.last_push()});
  parts_.shared.counters.challenges_answered.add();
}

// Asks a name for its proof, in one datagram with what is to be said to it anyway.
void Member::challenge(Peer& peer, const net::Endpoint& at, Moment now, std::string* with) {
  std::string messages = with != nullptr ? std::move(*with) : std::string();
  if (peer.challenged.allow(now, between_challenges) && challenges_.allow(now)) {
    if (const auto token = tokens_.issue(peer.name, now)) {
      append(messages, Challenge{*token, peer.window.newest()});
      parts_.shared.counters.challenges_sent.add();
    }
  }
  if (!messages.empty()) send_control(at, peer.name, messages, now);
}

void Member::say_hello(Moment now) {
  Hello hello;
  hello.former_nodes = parts_.shared.former.at(now);
  hello.id_clock = parts_.shared.id_clock(now);
  hello.wall_clock = unix_now();
  hello.last_push = own_.last_push();
  hello.items = parts_.contents.items();
  for (std::size_t i = 0; i < parts_.keys.count; ++i)
    hello.keys.push_back(parts_.keys.list[i].id);
  hello.version = REPRISE_VERSION;
  hello.root = healing_.root();
  hello.full = parts_.contents.is_full();
  hello.leaving = leaving_;
  if (hellos_ < hellos_with_token) hello.token = tokens_.issue(std::nullopt, now);
  ++hellos_;
  begin_plaintext(0, now);
  append(plaintext_, hello);
  tell_all(seal::Kind::control);
}

void Member::changed(Bytes key, Moment now) {
  message_.clear();
  switch (parts_.contents.describe(key, message_)) {
    case Contents::Described::gone:
      return;
    case Contents::Described::too_large:
      return count_too_large();
    case Contents::Described::whole:
      break;
  }
  add_to_batch(key, /*erased=*/false, now);
}

void Member::erased(Bytes key, Moment now) {
  message_.clear();
  if (parts_.contents.describe_erased(key, message_, now)) {
    add_to_batch(key, /*erased=*/true, now);
  } else {
    count_too_large();
  }
}

void Member::count_too_large() {
  parts_.shared.counters.too_large.add();
  parts_.ledger.cache().too_large_to_send.add();
}

// What does not fit the batch that there is begins another. One that is larger than a batch may be
// leaves alone, and is cut to pieces by IP.
void Member::add_to_batch(Bytes key, bool erased, Moment now) {
  if (!batch_.empty() && batch_.size() + message_.size() > largest_batch) flush(now);
  batch_.append(message_);
  healing_.pushes().add(key, erased);
  wipe(message_);
  parts_.shared.counters.changes.add();
  if (batch_.size() >= largest_batch) flush(now);
}

void Member::flush(Moment now) {
  if (batch_.empty()) return;
  begin_plaintext(own_.next_push(), now);
  healing_.pushes().sent(own_.last_push());
  plaintext_.append(batch_);
  wipe(batch_);
  parts_.shared.counters.pushes.add();
  tell_all(seal::Kind::push);
}

void Member::change_name(Renaming why, Moment now) {
  const seal::SenderName name = draw_name();
  if (why == Renaming::worn) {
    // Those who know us need not ask the new one.
    begin_plaintext(0, now);
    append_next_name(plaintext_, name);
    tell_all(seal::Kind::control);
  }
  own_.rename(name, now);
  healing_.pushes().clear();  // they are numbered anew
  hellos_ = 0;
  next_hello_ = now;
  rename_ = false;
  parts_.shared.counters.renamed[static_cast<std::size_t>(why)].add();
}

void Member::tick(const Clocks& clocks) {
  const Moment now = now_ = clocks.boot;
  if (leaps_.leapt(clocks)) {
    // Restored, perhaps beside the original, or asleep for so long that anything may have been
    // recorded meanwhile: everybody is to prove itself again.
    change_name(Renaming::leap, now);
    peers_.clear();
    tokens_.clear();
  }
  // Whoever tells us so without end only costs us a name now and then.
  if (rename_ && renamed_.allow(now, between_renamings)) change_name(Renaming::copy, now);
  if (own_.is_worn(now)) change_name(Renaming::worn, now);
  if (now >= next_hello_) {
    say_hello(now);
    next_hello_ = now + between_hellos * 9 / 10 + random_below(between_hellos / 5);
  }
  if (const std::uint64_t unsent = parts_.shared.counters.unsent.get(); unsent != unsent_) {
    unsent_ = unsent;
    parts_.contents.look_again();
  }
  parts_.contents.tick(now);
  healing_.tick(now);
  if (now < next_aging_) return;
  next_aging_ = now + between_agings;
  peers_.age(now);
  for (Peer* const peer : peers_.live())
    if (now - peer->proved >= between_proofs && peer->reminded.allow(now, between_reminders))
      challenge(*peer, peer->address, now);
}

void Member::leave(Moment now) {
  now_ = now;
  leaving_ = true;
  flush(now);
  say_hello(now);
  healing_.leave(now);
}

void Member::say_gone(Moment now) {
  begin_plaintext(0, now);
  append_gone(plaintext_);
  tell_all(seal::Kind::control);
}

void Member::draw_node(Moment now) {
  std::uint16_t node = 0;
  const auto& live = peers_.live();
  const auto taken = [&] {
    return std::any_of(live.begin(), live.end(),
                       [&](const Peer* peer) { return peer->has_or_had(node); });
  };
  do {
    node = static_cast<std::uint16_t>(random_number());
  } while (node == 0 || taken());
  parts_.shared.change_node(node, now, static_cast<Moment>(parts_.contents.longest().count()));
  parts_.contents.keep_node(node);
}

}  // namespace reprise::cluster
