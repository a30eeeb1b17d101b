#include "cluster/membership.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <chrono>

#include "cluster/outbox.hpp"
#include "net/readiness.hpp"
#include "sync/modifiers.hpp"
#include "sync/receiver.hpp"

namespace reprise::cluster {
namespace {

constexpr std::chrono::milliseconds between_ticks{100};
constexpr std::chrono::milliseconds between_looks{20};
constexpr Moment between_sweeps = 1000;
// What one turn throws is for want of memory, or of OpenSSL: it costs that turn, and a word.
template <class Work>
void guarded(log::RateLimit& lines, Work work) noexcept {
  try {
    work();
  } catch (const std::exception& failure) {
    if (!lines.allow()) return;
    log::event(log::Level::error, "cluster.failed", {{"reason", failure.what()}});
  }
}

// Notes that are read before what they made leaves, and others have their turn.
constexpr int notes_in_a_row = 256;
constexpr std::size_t most_strangers = 16;

}  // namespace

Membership::Membership(net::asio::io_context& io, const Parts& parts)
    : io_(io),
      parts_(parts),
      contents_(parts.cache, parts.intake, parts.longest, parts.names, parts.tombstones),
      member_({parts.keys, parts.cipher, contents_, parts.shared, parts.ledger, *this, &parts.names,
               parts.board, static_cast<Micros>(parts.pull_budget.count())},
              draw_name(), Clocks::now()),
      joining_(parts.nodes.nodes(),
               [this](const net::Endpoint& to, Bytes datagram) { send(to, datagram); }),
      search_timer_(io),
      heal_timer_(io) {}

void Membership::start() {
  net::asio::co_spawn(io_, begin(), net::asio::detached);
}

// Two that read one mailbox, and answer each other, would be worse than a moment without any.
net::awaitable<void> Membership::begin() {
  net::Timer timer(io_);
  while (parts_.may_begin && !parts_.may_begin()) {
    parts_.shared.successor_waits = true;
    if (co_await timer.wait(between_looks)) co_return;
  }
  parts_.shared.successor_waits = false;
  for (const int fd : parts_.sockets)
    net::asio::co_spawn(io_, sync::receive(io_, fd, *this), net::asio::detached);
  net::asio::co_spawn(io_, empty_mailbox(), net::asio::detached);
  net::asio::co_spawn(io_, keep_time(), net::asio::detached);
  net::asio::co_spawn(io_, search(), net::asio::detached);
  net::asio::co_spawn(io_, heal(), net::asio::detached);
  began_ = true;
}

void Membership::take(Bytes datagram, const net::Endpoint& from, UnixSeconds) noexcept {
  if (gone_) return;
  const Moment moment = milliseconds_of(CLOCK_BOOTTIME);
  // A repeater's is not for the cluster's ears; a node's, that takes us for one, for nobody's.
  if (seal::looks_clear(datagram)) {
    return guarded(failures_, [&] { joining_.take(datagram, from, moment); });
  }
  if (!seal::looks_sealed(datagram)) guarded(failures_, [&] { say_unsealed(datagram, from); });
  const std::size_t members = member_.peers().live_count();
  member_.take(datagram, from, moment);
  if (member_.peers().live_count() != members) say_alive(moment);
  look_at_searches();
  look_at_healing();
}

// Each address once, and not without end: it may be forged.
void Membership::say_unsealed(Bytes datagram, const net::Endpoint& from) {
  const bool is_plain = datagram.starts_with(static_cast<char>(sync::cache_modifier));
  if (!is_plain || strangers_.size() >= most_strangers) return;
  if (!strangers_.insert(from.host()).second) return;
  log::event(log::Level::warning, "cluster.unsealed",
             {{"cache", parts_.cache.settings().name},
              {"from", from.text()},
              {"remedy", "give that node the secret of this cache, or take it off its list"}});
}

// A note alone leaves at once; of many that wait, as many as fit share a datagram.
net::awaitable<void> Membership::empty_mailbox() {
  net::Readiness bell(io_, parts_.mailbox.doorbell(), net::Readiness::Kind::connection);
  std::string bytes;
  for (;;) {
    const Moment now = milliseconds_of(CLOCK_BOOTTIME);
    int taken = 0;
    while (taken < notes_in_a_row && parts_.mailbox.take(bytes)) {
      ++taken;
      guarded(failures_, [&] { read(bytes, now); });
    }
    guarded(failures_, [&] { member_.flush(now); });
    look_at_searches();
    if (taken == notes_in_a_row) {
      co_await net::Reactor::of(io_).next_turn();
      continue;
    }
    if (!parts_.mailbox.fall_asleep()) continue;
    if (co_await bell.input()) co_return;
    parts_.mailbox.wake_up();
    bell.emptied();
  }
}

void Membership::read(Bytes bytes, Moment now) {
  if (const auto pull = read_pull_note(bytes)) {
    // Not of a worker of the generation before, whose board is another.
    const bool is_ours = parts_.board != nullptr && pull->board == parts_.board->tag();
    if (is_ours) member_.seek(pull->ticket, now);
  } else if (const auto note = read_note(bytes)) {
    if (note->operation == sync::Operation::set) {
      member_.changed(note->key, now);
    } else {
      member_.erased(note->key, now);
    }
  }
}

net::awaitable<void> Membership::search() {
  constexpr Micros idle = 3'600'000'000;
  for (;;) {
    const Micros now = microseconds();
    guarded(failures_, [&] { member_.search(now); });
    search_due_ = member_.next_search().value_or(now + idle);
    const Micros wait = search_due_ > now ? search_due_ - now : 0;
    co_await search_timer_.wait(std::chrono::microseconds(wait));
  }
}

// What heals others leaves at a pace that leaves room for everything else.
net::awaitable<void> Membership::heal() {
  constexpr std::chrono::hours idle{1};
  for (;;) {
    std::size_t bytes = 0;
    guarded(failures_, [&] { bytes = member_.heal(milliseconds_of(CLOCK_BOOTTIME)); });
    heal_rests_ = !member_.heals();
    if (heal_rests_) {
      co_await heal_timer_.wait(idle);
    } else {
      const std::uint64_t pause = bytes * 1'000'000 / parts_.heal_rate + 1;
      co_await heal_timer_.wait(std::chrono::microseconds(pause));
    }
  }
}

void Membership::look_at_healing() {
  if (heal_rests_ && member_.heals()) heal_timer_.cancel();
}

net::awaitable<void> Membership::leave() {
  if (!began_ || parts_.shared.successor_waits) co_return;  // the cache stays
  net::Timer timer(io_);
  guarded(failures_, [&] { member_.leave(milliseconds_of(CLOCK_BOOTTIME)); });
  while (!member_.has_left(milliseconds_of(CLOCK_BOOTTIME)) && !parts_.shared.successor_waits)
    if (co_await timer.wait(between_looks)) co_return;
  if (parts_.shared.successor_waits) co_return;
  gone_ = true;
  guarded(failures_, [&] { member_.say_gone(milliseconds_of(CLOCK_BOOTTIME)); });
  guarded(failures_, [&] { joining_.leave(); });
}

// To the workers: from now on, or still, there is somebody to ask.
void Membership::say_alive(Moment now) {
  if (parts_.board != nullptr) parts_.board->beat(now, member_.peers().live_count());
}

// The timer stands at a later moment than is right now.
void Membership::look_at_searches() {
  const auto next = member_.next_search();
  if (next && *next < search_due_) search_timer_.cancel();
}

net::awaitable<void> Membership::keep_time() {
  net::Timer timer(io_);
  for (;;) {
    const Clocks now = Clocks::now();
    if (gone_) co_return;
    guarded(failures_, [&] { joining_.tick(now.boot); });
    guarded(failures_, [&] { member_.tick(now); });
    say_alive(now.boot);
    look_at_healing();
    const bool sweeps = parts_.board != nullptr && swept_.allow(now.boot, between_sweeps);
    if (sweeps) parts_.board->sweep(now.boot);
    if (co_await timer.wait(between_ticks)) co_return;
  }
}

void Membership::tell(Bytes datagram) {
  parts_.nodes.send(datagram, sync::Audience::everyone);
}

void Membership::send_around(Bytes datagram) {
  joining_.each_repeater([&](const net::Endpoint& repeater) { send(repeater, datagram); });
}

bool Membership::is_configured(const net::Endpoint& node) const {
  const auto& nodes = parts_.nodes.nodes();
  return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
}

void Membership::send(const net::Endpoint& to, Bytes datagram) {
  for (const UniqueFd& sender : parts_.nodes.senders()) {
    if (net::Endpoint::local(sender.get()).family() != to.family()) continue;
    // What the kernel does not take is lost, as on the way.
    ::sendto(sender.get(), datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL, to.data(),
             to.size());
    return;
  }
}

}  // namespace reprise::cluster
