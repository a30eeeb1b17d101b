#include "cluster/member.hpp"

#include <algorithm>
#include <exception>

#include "base/wipe.hpp"
#include "sync/modifiers.hpp"

namespace reprise::cluster {
namespace {

constexpr Moment longest_round_trip = 1000;
constexpr Moment between_doubts = 10'000;
constexpr Moment address_patience = 3000;  // hellos come each second

sync::Rejection rejection_of(seal::Unreadable why, Bytes datagram) {
  switch (why) {
    case seal::Unreadable::short_datagram:
      return sync::Rejection::short_packet;
    case seal::Unreadable::magic:
      if (datagram.starts_with(static_cast<char>(sync::cache_modifier)))
        return sync::Rejection::unsealed;
      return sync::Rejection::other_protocol;
    case seal::Unreadable::version:
    case seal::Unreadable::kind:
      return sync::Rejection::other_version;
  }
  return sync::Rejection::other_protocol;
}

}  // namespace

Member::Member(const Parts& parts, const seal::SenderName& name, const Clocks& now)
    : parts_(parts),
      own_(parts.keys, parts.cipher, name, now.boot),
      newcomers_(parts.cipher),
      leaps_(now),
      started_(now.boot),
      pulls_(peers_, *this, parts.pull_budget),
      healing_(parts.contents, peers_, *this, parts.shared.counters) {
  // What outgrows its memory leaves a copy there.
  for (std::string* const text : {&batch_, &message_, &plaintext_, &opened_})
    text->reserve(sync::largest_datagram);
  if (parts_.names != nullptr) names_.emplace(*parts_.names);
  if (parts_.shared.node.load(std::memory_order_relaxed) == 0) draw_node(now.boot);
}

void Member::take(Bytes datagram, const net::Endpoint& from, Moment now) noexcept {
  now_ = now;
  sync::PeerCounters& row = parts_.ledger.peer(from);
  row.received.add();
  row.received_bytes.add(datagram.size());
  row.last_packet.set(sync::monotonic_milliseconds());
  Outcome reason = sync::Rejection::failed;
  try {
    reason = read(datagram, from, now);
  } catch (const std::exception&) {  // memory, or OpenSSL: the count says so
  }
  if (reason) row.rejected[static_cast<std::size_t>(*reason)].add();
  forget_retired();
  wipe(opened_);
}

std::optional<std::size_t> Member::key_of(const seal::KeyId& id) const {
  for (std::size_t i = 0; i < parts_.keys.count; ++i)
    if (parts_.keys.list[i].id == id) return i;
  return std::nullopt;
}

// What costs nothing comes first; only then is anything opened.
Member::Outcome Member::read(Bytes datagram, const net::Endpoint& from, Moment now) {
  seal::Unreadable why{};
  const auto header = seal::read_header(datagram, why);
  if (!header) return rejection_of(why, datagram);
  const auto key = key_of(header->key);
  if (!key) return sync::Rejection::other_key;
  if (own_.is_own(header->sender)) return sync::Rejection::own;
  if (header->to != 0 && !own_.is_addressed(header->to)) return sync::Rejection::other_addressee;
  Peer* const known = peers_.find(header->sender);
  if (known != nullptr) return open(*known, *header, datagram, from, now);
  if (!openings_.allow(now)) return sync::Rejection::shed;
  if (!newcomers_.open(parts_.keys.list[*key].packet, header->sender, datagram, opened_))
    return sync::Rejection::forged;
  return open(meet(header->sender, *key, now), *header, datagram, from, now);
}

// Only whoever has the secret gets that far.
Peer& Member::meet(const seal::SenderName& name, std::size_t key, Moment now) {
  const seal::Guarded<seal::SenderKeys> keys;
  *keys = seal::sender_keys(parts_.keys.list[key].packet, name);
  return peers_.add(
      std::make_unique<Peer>(name, std::make_unique<seal::SenderCipher>(*keys, parts_.cipher), key),
      now);
}

Member::Outcome Member::open(Peer& peer, const seal::Header& header, Bytes datagram,
                             const net::Endpoint& from, Moment now) {
  switch (peer.window.judge(header.counter)) {
    case ReplayWindow::Verdict::seen:
      doubt(peer, header, datagram, from, now);
      return sync::Rejection::replayed;
    case ReplayWindow::Verdict::too_old:
      doubt(peer, header, datagram, from, now);
      return sync::Rejection::too_old;
    case ReplayWindow::Verdict::fresh:
      break;
  }
  // A newcomer's is open already.
  if (opened_.empty() && !peer.cipher->open(datagram, opened_)) return sync::Rejection::forged;
  peer.window.mark(header.counter);
  Bytes rest = opened_;
  const auto preamble = take_preamble(rest);
  if (!preamble) return sync::Rejection::malformed;
  auto messages = read_messages(rest);
  if (!messages) return sync::Rejection::malformed;
  for (const Message& message : *messages)
    if (!belongs(message.type, header.kind)) return sync::Rejection::malformed;
  parts_.shared.counters.opened.add();
  return understand(peer, {header, *preamble, std::move(*messages), from, now});
}

// A copy of a peer that is behind it seals under counters that were seen. A challenge tells it how
// far the name is; a recording costs us one now and then, which nobody can answer.
void Member::doubt(Peer& peer, const seal::Header& header, Bytes datagram,
                   const net::Endpoint& from, Moment now) {
  if (!peer.is_live || header.kind != seal::Kind::control || !openings_.allow(now)) return;
  if (!peer.cipher->open(datagram, opened_)) return;
  if (peer.doubted.allow(now, between_doubts)) challenge(peer, from, now);
}

Member::Outcome Member::understand(Peer& peer, const Opened& opened) {
  peer.heard = opened.now;
  if (!peer.is_live) {
    hear_newcomer(peer, opened);
    if (!peer.is_live) {
      const bool is_control = opened.header.kind == seal::Kind::control;
      return is_control ? Outcome() : sync::Rejection::not_introduced;
    }
    return std::nullopt;
  }
  note(peer, opened);
  Outcome last;
  sync::PeerCounters& row = parts_.ledger.peer(opened.from);
  for (const Message& message : opened.messages) {
    const Outcome outcome = hear(peer, opened, message);
    if (outcome && last) row.rejected[static_cast<std::size_t>(*last)].add();
    if (outcome) last = outcome;
  }
  return last;
}

// What its header and preamble tell of a live peer.
void Member::note(Peer& peer, const Opened& opened) {
  peer.node = opened.preamble.node;
  peer.uptime = opened.preamble.time;
  if (opened.header.kind == seal::Kind::push && opened.preamble.push > 0) {
    peer.gaps.arrived(opened.preamble.push, opened.now);
    ++peer.pushes;
  }
  settle_node_clash(peer, opened.now);
  follow(peer, opened);
}

// A repeater on the way to a peer may be gone, while another still brings what it says. That moves
// nothing by itself; its proof from there does.
void Member::follow(Peer& peer, const Opened& opened) {
  if (opened.from == peer.address) {
    peer.address_heard = opened.now;
    return;
  }
  if (opened.now - peer.address_heard < address_patience) return;
  if (peer.followed.allow(opened.now, address_patience)) challenge(peer, opened.from, opened.now);
}

// Whoever has not proved to be there now may do so, and may ask us to; nothing else it says is
// done. What it says may be a recording: the answer goes to nobody more often than a few times a
// second.
void Member::hear_newcomer(Peer& peer, const Opened& opened) {
  peer.address = opened.from;
  std::string answer;
  for (const Message& message : opened.messages) {
    if (message.type == Type::proof) hear_proof(peer, opened, message.body);
    if (message.type == Type::challenge) {
      if (const auto told = read_challenge(message.body)) {
        check_heard(opened, told->heard);
        prove(peer, told->token, opened.now, answer);
      }
    }
    if (message.type == Type::hello) {
      const auto told = read_hello(message.body);
      if (told && told->token) prove(peer, *told->token, opened.now, answer);
    }
  }
  if (peer.is_live) {
    note(peer, opened);
    for (const Message& message : opened.messages)
      if (message.type == Type::hello) hear_hello(peer, opened, message.body);
    if (!answer.empty()) send_control(opened.from, peer.name, answer, opened.now);
  } else {
    challenge(peer, opened.from, opened.now, &answer);
  }
}

Member::Outcome Member::hear(Peer& peer, const Opened& opened, const Message& message) {
  switch (message.type) {
    case Type::session:
    case Type::erase_session:
    case Type::item:
    case Type::erase_item:
      return hear_change(peer, opened, message);
    case Type::hello:
      return hear_hello(peer, opened, message.body);
    case Type::challenge:
      return hear_challenge(peer, opened, message.body);
    case Type::proof:
      return hear_proof(peer, opened, message.body);
    case Type::next_name:
      return hear_next_name(peer, opened, message.body);
    case Type::ask:
      return hear_ask(peer, opened, message.body);
    case Type::answer:
      return hear_answer(peer, opened, message.body);
    case Type::not_here:
      return hear_not_here(peer, message.body);
    case Type::gone:
      retired_.push_back(peer.name);
      return std::nullopt;
    default:
      return healing_.hear(peer, message, opened.now);
  }
}

Moment Member::age_of(const Peer& peer, const Opened& opened) const {
  const auto said = static_cast<std::int64_t>(opened.preamble.time) + peer.offset;
  const std::int64_t age = static_cast<std::int64_t>(opened.now) - said;
  return age > 0 ? static_cast<Moment>(age) : 0;
}

Member::Outcome Member::hear_change(Peer& peer, const Opened& opened, const Message& message) {
  const Moment age = age_of(peer, opened);
  if (age > latest) return sync::Rejection::late;
  Contents& contents = parts_.contents;
  const bool is_copy = opened.header.kind == seal::Kind::bulk;
  const auto how = is_copy ? Contents::Told::copied : Contents::Told::pushed;
  const auto take = [&](const auto& told, const auto& apply) -> Outcome {
    if (!told) return sync::Rejection::malformed;
    return apply(*told);
  };
  const auto outcome = [&]() -> Outcome {
    switch (message.type) {
      case Type::session:
        return take(read_session_message(message.body), [&](const Session& told) {
          const Outcome reason = contents.take(told, age, opened.now, how);
          if (!reason && is_copy) healing_.taken();
          const bool erased =
              reason == sync::Rejection::erased && contents.was_erased(told.id, opened.now);
          if (erased) healing_.refused_as_erased(peer, told.id, opened.now);
          if (!reason && pulls_.arrived(told.id, microseconds()))
            parts_.shared.counters.arrived_late.add();
          return reason;
        });
      case Type::erase_session:
        return take(read_erase_session(message.body),
                    [&](const EraseSession& told) { return contents.take(told, age, opened.now); });
      case Type::item:
        return take(read_item(message.body),
                    [&](const Item& told) { return contents.take(told, age, opened.now); });
      default:
        return take(read_erase_item(message.body),
                    [&](const EraseItem& told) { return contents.take(told); });
    }
  }();
  if (!outcome) {
    parts_.ledger.peer(opened.from).applied.add();
    if (!is_copy) parts_.shared.counters.push_delay.add(age * 1000);
  }
  return outcome;
}

Member::Outcome Member::hear_hello(Peer& peer, const Opened& opened, Bytes body) {
  auto hello = read_hello(body);
  if (!hello) return sync::Rejection::malformed;
  // A push that was lost is known to be so, also if it was the last one.
  peer.gaps.told(hello->last_push, opened.now);
  if (hello->token) {
    std::string answer;
    prove(peer, *hello->token, opened.now, answer);
    if (!answer.empty()) send_control(opened.from, peer.name, answer, opened.now);
  }
  peer.hello = std::move(*hello);
  peer.hello_heard_at = unix_now();
  peer.hello_heard = opened.now;
  return std::nullopt;
}

Member::Outcome Member::hear_challenge(Peer& peer, const Opened& opened, Bytes body) {
  const auto told = read_challenge(body);
  if (!told) return sync::Rejection::malformed;
  check_heard(opened, told->heard);
  std::string answer;
  prove(peer, told->token, opened.now, answer);
  if (!answer.empty()) send_control(opened.from, peer.name, answer, opened.now);
  return std::nullopt;
}

// One that comes late, or is for another name of ours, is no fault of anybody's.
Member::Outcome Member::hear_proof(Peer& peer, const Opened& opened, Bytes body) {
  const auto told = read_proof(body);
  if (!told) return sync::Rejection::malformed;
  if (told->challenger != own_.name()) return std::nullopt;
  check_heard(opened, told->heard);
  const auto asked = tokens_.issued(told->token, peer.name, opened.now);
  if (!asked || opened.now - *asked > longest_round_trip) return std::nullopt;
  // What it sealed before is as good as seen: it may be a recording.
  const bool is_new = !peer.is_live;
  if (is_new) peer.window.forget_until(opened.header.counter);
  peers_.introduce(peer);
  peer.gaps.told(told->last_push, opened.now);
  peer.address = opened.from;
  peer.address_heard = opened.now;
  if (is_new) retire_former(peer, opened.preamble.node);
  peer.asked.is_there();
  peer.offset = static_cast<std::int64_t>(*asked) - static_cast<std::int64_t>(opened.preamble.time);
  peer.proved = opened.now;
  return std::nullopt;
}

// A live peer changes its name: what is known of it goes with it.
Member::Outcome Member::hear_next_name(Peer& peer, const Opened& opened, Bytes body) {
  const auto name = read_next_name(body);
  if (!name) return sync::Rejection::malformed;
  if (own_.is_own(*name) || peers_.find(*name) != nullptr) return std::nullopt;
  if (!next_names_.allow(opened.now)) return std::nullopt;
  const seal::Guarded<seal::SenderKeys> keys;
  *keys = seal::sender_keys(parts_.keys.list[peer.key].packet, *name);
  auto next = std::make_unique<Peer>(
      *name, std::make_unique<seal::SenderCipher>(*keys, parts_.cipher), peer.key);
  next->address = peer.address;
  next->address_heard = peer.address_heard;
  next->offset = peer.offset;
  next->proved = peer.proved;
  next->node = peer.node;
  next->uptime = peer.uptime;
  next->hello = peer.hello;
  next->hello.last_push = 0;
  next->gaps.told(0, opened.now);
  next->hello_heard_at = peer.hello_heard_at;
  next->hello_heard = peer.hello_heard;
  next->asked = peer.asked;
  peers_.introduce(peers_.add(std::move(next), opened.now));
  retired_.push_back(peer.name);
  return std::nullopt;
}

// One that started again has another name; what it was is not to be asked for anything.
void Member::retire_former(const Peer& peer, std::uint16_t node) {
  for (const Peer* const other : peers_.live()) {
    const bool is_former = other != &peer && other->node == node && other->address == peer.address;
    if (is_former) retired_.push_back(other->name);
  }
}

void Member::forget_retired() {
  for (const seal::SenderName& name : std::exchange(retired_, {}))
    peers_.remove(name);
}

// Somebody has heard a higher counter of our name than we have sent: a copy of this process sends
// too.
void Member::check_heard(const Opened& opened, std::uint64_t heard) {
  const bool is_about_us = opened.header.to == address_of(own_.name());
  if (is_about_us && heard > own_.datagrams()) rename_ = true;
}

// The one that started last draws again.
void Member::settle_node_clash(const Peer& peer, Moment now) {
  const std::uint32_t node = parts_.shared.node.load(std::memory_order_relaxed);
  if (peer.node != node) return;
  const std::uint64_t uptime = now - started_;
  const bool older = uptime > peer.uptime || (uptime == peer.uptime && own_.name() < peer.name);
  if (node_lines_.allow()) {
    log::event(log::Level::warning, "cluster.node-clash",
               {{"node", std::to_string(node)},
                {"peer", peer.address.text()},
                {"yields", older ? "peer" : "self"}});
  }
  if (older) return;
  parts_.shared.counters.node_clashes.add();
  draw_node(now);
}

}  // namespace reprise::cluster
