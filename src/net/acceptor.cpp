#include "net/acceptor.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace reprise::net {
namespace {

// Accepted in a row before the others of this process have their turn.
constexpr int batch = 16;

// How long nothing is accepted when the process or the system is out of descriptors.
constexpr std::chrono::milliseconds exhausted_pause{100};

// The kernel wakes the first process of its queue that is idle, so after as many connections one
// goes to the end of it.
constexpr int accepted_in_front = 16;

}  // namespace

Acceptor::Acceptor(asio::io_context& io, const Listener& listener, Admit admit, Failed failed)
    : io_(io),
      fd_(listener.fd()),
      readiness_(io, fd_, Readiness::Kind::listener),
      pause_(io),
      admit_(std::move(admit)),
      failed_(std::move(failed)) {}

void Acceptor::start(std::shared_ptr<const void> owner) {
  asio::co_spawn(io_, run(std::move(owner)), asio::detached);
}

void Acceptor::stop() {
  stopped_ = true;
  readiness_.remove();
  pause_.cancel();
}

void Acceptor::pause() {
  paused_ = true;
  readiness_.remove();
}

void Acceptor::resume() {
  if (!std::exchange(paused_, false)) return;
  pause_.cancel();
}

awaitable<void> Acceptor::run(std::shared_ptr<const void>) {
  while (!stopped_) {
    if (paused_) {
      co_await pause_.wait(std::chrono::hours(1));
      continue;
    }
    const error_code error = co_await readiness_.input();
    if (stopped_) co_return;
    if (paused_) continue;
    if (!error && accept_some()) {
      go_to_the_end();
      continue;
    }
    readiness_.remove();  // others may have what it cannot take
    co_await pause_.wait(exhausted_pause);
  }
}

void Acceptor::go_to_the_end() {
  if (accepted_ < accepted_in_front) return;
  accepted_ = 0;
  readiness_.remove();  // the next wait joins again
}

// Accepts what is there. False if the process or the system is out of something.
bool Acceptor::accept_some() {
  for (int i = 0; i < batch && !stopped_; ++i) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    auto* address = reinterpret_cast<sockaddr*>(&storage);
    UniqueFd fd(::accept4(fd_, address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd) {
      ++accepted_;
      admit_(std::move(fd), Endpoint(address, size));
      continue;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) return true;
    if (errno == EINTR || errno == ECONNABORTED) continue;
    failed_(last_system_error());
    return false;
  }
  return true;
}

}  // namespace reprise::net
