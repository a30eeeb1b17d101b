#include "app/cache_announces.hpp"

#include <sys/socket.h>

#include <chrono>
#include <exception>

#include "net/timer.hpp"
#include "subscription/announcement.hpp"

namespace reprise::app {
namespace {

constexpr std::chrono::seconds between_announces{5};

}  // namespace

CacheAnnounces::CacheAnnounces(std::string cache, std::vector<Target> targets, sync::Sink& changes)
    : cache_(std::move(cache)), changes_(changes) {
  for (const Target& target : targets)
    targets_.push_back({target});
}

void CacheAnnounces::start(net::asio::io_context& io) {
  if (!targets_.empty()) net::asio::co_spawn(io, run(io), net::asio::detached);
}

net::awaitable<void> CacheAnnounces::run(net::asio::io_context& io) {
  net::Timer timer(io);
  do {
    for (const Known& target : targets_)
      try_to_announce(target);
  } while (!co_await timer.wait(between_announces));
}

// What fails is memory, or the socket: it is tried again, and nothing else ends for it.
void CacheAnnounces::try_to_announce(const Known& target) {
  try {
    announce(target);
  } catch (const std::exception& failure) {
    log::failure(failures_, "cache.announce", failure.what());
  }
}

// A wildcard is for the repeater to fill in: it sees where this comes from.
void CacheAnnounces::announce(const Known& target) const {
  const std::string address = net::Endpoint::local(target.fd).text();
  const std::string cookie = seal::text_of(target.cookie);
  subscription::Announcement announcement;
  announcement.key = cache_;
  announcement.address = address;
  announcement.cookie = cookie;
  const auto packet = subscription::finish(subscription::begin(announcement));
  if (!packet) return;
  // What the kernel does not take is said again.
  ::sendto(target.fd, packet->data(), packet->size(), MSG_DONTWAIT | MSG_NOSIGNAL,
           target.node.data(), target.node.size());
}

void CacheAnnounces::take(Bytes datagram, const net::Endpoint& from, UnixSeconds now) noexcept {
  // Of nodes that take this one for a repeater.
  if (datagram.starts_with(static_cast<char>(subscription::packet_modifier))) return;
  if (!seal::looks_clear(datagram)) return changes_.take(datagram, from, now);
  try {
    take_cookie(datagram, from);
  } catch (const std::exception&) {  // memory: the next announce has it
  }
}

// Only what this node asked itself is answered, and once a second.
void CacheAnnounces::take_cookie(Bytes datagram, const net::Endpoint& from) {
  const auto clear = seal::read_clear(datagram);
  if (!clear || clear->operation != seal::ClearOperation::cookie) return;
  for (Known& target : targets_) {
    if (!(target.node == from)) continue;
    target.cookie = clear->cookie;
    const UnixSeconds now = unix_now();
    if (target.answered_at == now) continue;
    target.answered_at = now;
    try_to_announce(target);
  }
}

}  // namespace reprise::app
