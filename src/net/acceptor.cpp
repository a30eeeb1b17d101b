#include "net/acceptor.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

namespace reprise::net {
namespace {

// Accepted in a row before the others of this process have their turn.
constexpr int batch = 16;

// How long nothing is accepted when the process or the system is out of descriptors.
constexpr std::chrono::milliseconds exhausted_pause{100};

UniqueFd duplicate(int fd) {
  UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!copy) throw std::system_error(errno, std::system_category(), "dup of a listener");
  return copy;
}

}  // namespace

Acceptor::Acceptor(asio::io_context& io, const Listener& listener, Admit admit, Failed failed)
    : io_(io),
      socket_(io, duplicate(listener.fd())),
      pause_(io),
      admit_(std::move(admit)),
      failed_(std::move(failed)) {}

void Acceptor::start(std::shared_ptr<const void> owner) {
  asio::co_spawn(io_, run(std::move(owner)), asio::detached);
}

void Acceptor::stop() {
  stopped_ = true;
  socket_.close();
  pause_.cancel();
}

awaitable<void> Acceptor::run(std::shared_ptr<const void>) {
  while (!stopped_) {
    const error_code error = co_await socket_.ready(Want::input);
    if (error) co_return;
    if (accept_some()) continue;
    pause_.expires_after(exhausted_pause);
    co_await pause_.async_wait(token);
  }
}

// Accepts what is there. False if the process or the system is out of something.
bool Acceptor::accept_some() {
  for (int i = 0; i < batch && !stopped_; ++i) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    auto* address = reinterpret_cast<sockaddr*>(&storage);
    UniqueFd fd(::accept4(socket_.fd(), address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd) {
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
