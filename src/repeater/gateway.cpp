#include "repeater/gateway.hpp"

#include <chrono>
#include <memory>

#include "base/error.hpp"
#include "base/log.hpp"
#include "net/readiness.hpp"
#include "repeater/incoming.hpp"

namespace reprise::repeater {
namespace {

constexpr std::chrono::milliseconds pause_after_error{100};
constexpr std::chrono::milliseconds between_sweeps{1000};

}  // namespace

Gateway::Gateway(net::asio::io_context& io, const Parts& parts)
    : io_(io),
      parts_(parts),
      outgoing_(parts.fd, parts.room),
      forwarder_(parts.room, parts.trust, outgoing_) {}

void Gateway::start() {
  net::asio::co_spawn(io_, forward(), net::asio::detached);
  for (const int fd : parts_.servers)
    net::asio::co_spawn(io_, hear_announces(fd), net::asio::detached);
  net::asio::co_spawn(io_, sweep(), net::asio::detached);
}

net::awaitable<void> Gateway::forward() {
  const auto take = [this](const Incoming& batch, std::size_t i, Moment moment) {
    forwarder_.take(batch.datagram(i), batch.source(i), batch.hops(i), moment);
  };
  co_await receive(parts_.fd, take);
}

net::awaitable<void> Gateway::hear_announces(int fd) {
  const auto take = [this](const Incoming& batch, std::size_t i, Moment moment) {
    forwarder_.take_announce(batch.datagram(i), batch.source(i), moment);
  };
  co_await receive(fd, take);
}

template <class Take>
net::awaitable<void> Gateway::receive(int fd, Take take) {
  net::Readiness readiness(io_, fd, net::Readiness::Kind::listener);
  net::Timer timer(io_);
  const auto batch = std::make_unique<Incoming>();
  log::RateLimit lines;
  for (;;) {
    const int count = batch->fetch(fd);
    if (count < 0) {
      const std::string reason = last_system_error().message();
      if (lines.allow()) log::event(log::Level::error, "repeater.receive", {{"reason", reason}});
      co_await timer.wait(pause_after_error);
      continue;
    }
    forwarder_.refresh();
    const Moment moment = now();
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
      take(*batch, i, moment);
    outgoing_.flush();
    if (static_cast<std::size_t>(count) == Incoming::most) {
      co_await net::Reactor::of(io_).next_turn();  // others have their turn
      continue;
    }
    readiness.emptied();
    const error_code error = co_await readiness.input();
    if (error == net::asio::error::operation_aborted) co_return;
    if (error) co_await timer.wait(pause_after_error);  // and then it is read again
  }
}

net::awaitable<void> Gateway::sweep() {
  net::Timer timer(io_);
  for (;;) {
    forwarder_.sweep(now());
    if (co_await timer.wait(between_sweeps)) co_return;
  }
}

}  // namespace reprise::repeater
