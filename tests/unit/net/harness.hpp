#pragma once

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "net/socket.hpp"

namespace reprise::net::testing {

// Two ends of a connection, neither of which blocks.
inline std::pair<UniqueFd, UniqueFd> socket_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) {
    throw std::system_error(errno, std::system_category(), "socketpair");
  }
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// All that is there.
inline std::string drain(int fd) {
  std::string all;
  char chunk[65536];
  for (;;) {
    const ssize_t n = ::recv(fd, chunk, sizeof chunk, 0);
    if (n <= 0) return all;
    all.append(chunk, static_cast<std::size_t>(n));
  }
}

// Runs handlers that are due, and waits for nothing.
inline void run_what_is_due(asio::io_context& io) {
  io.restart();
  while (Reactor::of(io).poll()) {
  }
}

// Keeps what a coroutine comes to.
template <class T>
class Started {
public:
  Started(asio::io_context& io, awaitable<T> work) : io_(io) {
    asio::co_spawn(io, keep(std::move(work), *this), asio::detached);
    run_what_is_due(io_);
  }
  Started(const Started&) = delete;
  Started& operator=(const Started&) = delete;

  const std::optional<T>& result() {
    run_what_is_due(io_);
    return result_;
  }

private:
  static awaitable<void> keep(awaitable<T> work, Started& self) {
    T result = co_await std::move(work);
    self.result_ = std::move(result);
  }

  asio::io_context& io_;
  std::optional<T> result_;
};

}  // namespace reprise::net::testing
