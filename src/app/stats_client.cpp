#include "app/stats_client.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include "base/unique_fd.hpp"
#include "net/address.hpp"

namespace reprise::app {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// A server with stats-http says nothing before it is asked; another has spoken by then.
constexpr milliseconds before_asking{300};
constexpr std::string_view request = "GET / HTTP/1.0\r\n\r\n";

[[noreturn]] void fail(const std::string& what, int error = errno) {
  throw std::system_error(error, std::system_category(), what);
}

// True if the socket is ready before `until`.
bool wait(int fd, short events, Clock::time_point until) {
  pollfd ready{fd, events, 0};
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(until - Clock::now()).count();
    if (left <= 0) return false;
    const int count = ::poll(&ready, 1, static_cast<int>(left));
    if (count > 0) return true;
    if (count == 0) return false;
    if (errno != EINTR) fail("poll()");
  }
}

UniqueFd connect(const std::string& address, Clock::time_point until) {
  const net::Endpoint target = net::resolve(address, net::Role::connect);
  UniqueFd fd(::socket(target.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) fail("socket()");
  if (::connect(fd.get(), target.data(), target.size()) == 0) return fd;
  if (errno != EINPROGRESS) fail(address);
  if (!wait(fd.get(), POLLOUT, until)) fail(address, ETIMEDOUT);
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) fail(address, error);
  return fd;
}

std::string without_http_head(std::string text) {
  if (!text.starts_with("HTTP/")) return text;
  const std::size_t end = text.find("\r\n\r\n");
  if (end == std::string::npos) throw std::runtime_error("an HTTP head without an end");
  return text.substr(end + 4);
}

}  // namespace

std::string fetch_stats(const std::string& address, milliseconds limit, std::size_t largest) {
  const auto until = Clock::now() + limit;
  const UniqueFd fd = connect(address, until);
  if (!wait(fd.get(), POLLIN, std::min(until, Clock::now() + before_asking)) &&
      ::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) {
    fail(address);
  }
  std::string text;
  char buffer[16384];
  while (wait(fd.get(), POLLIN, until)) {
    const ssize_t n = ::recv(fd.get(), buffer, sizeof buffer, 0);
    if (n == 0) return without_http_head(std::move(text));
    if (n < 0 && errno != EAGAIN && errno != EINTR) fail(address);
    if (n > 0) text.append(buffer, static_cast<std::size_t>(n));
    if (text.size() > largest) throw std::runtime_error(address + ": too much is sent");
  }
  fail(address, ETIMEDOUT);
}

}  // namespace reprise::app
