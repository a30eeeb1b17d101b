#include "compat/fetch.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "base/unique_fd.hpp"
#include "compat/http_answer.hpp"
#include "net/lookup.hpp"

namespace reprise::compat {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view scheme = "http://";
constexpr std::chrono::seconds patience{10};

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what);
}

[[noreturn]] void fail_with(std::string_view call, int error) {
  fail(fmt::format("{}: {}", call, std::system_category().message(error)));
}

struct Url {
  std::string authority;  // "host[:port]", for the Host field
  std::string host;
  std::string port = "80";
  std::string path;
};

Url parse(const std::string& url) {
  const std::string rest = url.substr(scheme.size());
  const std::size_t slash = rest.find('/');
  const bool plain = std::none_of(rest.begin(), rest.end(), [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == 0x7f;
  });
  if (slash == 0 || slash == std::string::npos || !plain) fail("invalid http url");
  Url parts{rest.substr(0, slash), {}, "80", rest.substr(slash)};
  parts.host = parts.authority;
  const std::size_t colon = parts.authority.rfind(':');
  if (colon != std::string::npos && parts.authority.back() != ']') {
    parts.host = parts.authority.substr(0, colon);
    parts.port = parts.authority.substr(colon + 1);
  }
  if (parts.host.starts_with('[') && parts.host.ends_with(']')) {
    parts.host = parts.host.substr(1, parts.host.size() - 2);
  }
  if (parts.host.empty()) fail("invalid http url");
  return parts;
}

// False if the time is over.
bool wait(int fd, short events, Clock::time_point until) {
  pollfd ready{fd, events, 0};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    if (left <= 0) return false;
    const int count = ::poll(&ready, 1, static_cast<int>(left));
    if (count > 0) return true;
    if (count < 0 && errno != EINTR) fail_with("poll()", errno);
  }
}

struct FreeList {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

std::unique_ptr<addrinfo, FreeList> resolve(const Url& url) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (net::bounded_lookup(url.host.c_str(), url.port.c_str(), &hints, &found) != 0) {
    fail("unable to resolve address " + url.host);
  }
  return std::unique_ptr<addrinfo, FreeList>(found);
}

// 0, or why not.
int try_to_connect(int fd, const addrinfo& address, Clock::time_point until) {
  if (::connect(fd, address.ai_addr, address.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  if (!wait(fd, POLLOUT, until)) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

// Each address has its part of the time that is left: one that does not answer hides no other.
UniqueFd connect(const Url& url, Clock::time_point until) {
  int error = 0;
  const auto addresses = resolve(url);
  int left = 0;
  for (const addrinfo* each = addresses.get(); each != nullptr; each = each->ai_next)
    ++left;
  for (const addrinfo* each = addresses.get(); each != nullptr; each = each->ai_next, --left) {
    UniqueFd fd(::socket(each->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (fd) {
      error = try_to_connect(fd.get(), *each, Clock::now() + (until - Clock::now()) / left);
      if (error == 0) return fd;
    } else {
      error = errno;  // of a family that this system has not
    }
  }
  fail_with("uwsgi_scheme_http()/connect()", error);
}

void send(int fd, std::string_view text, Clock::time_point until) {
  while (!text.empty()) {
    const ssize_t n = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (n > 0) {
      text.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno != EINTR && errno != EAGAIN) {
      fail_with("send()", errno);
    } else if (!wait(fd, POLLOUT, until)) {
      fail_with("send()", ETIMEDOUT);
    }
  }
}

std::string receive(int fd, std::size_t limit, Clock::time_point until) {
  std::string text;
  char buffer[16384];
  for (;;) {
    if (!wait(fd, POLLIN, until)) fail_with("recv()", ETIMEDOUT);
    const ssize_t n = ::recv(fd, buffer, sizeof buffer, 0);
    if (n == 0) return text;
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n < 0) fail_with("recv()", errno);
    text.append(buffer, static_cast<std::size_t>(n));
    if (text.size() > limit) fail(fmt::format("more than {} bytes", limit));
  }
}

}  // namespace

std::string fetch(const std::string& url, std::size_t limit) {
  const Clock::time_point until = Clock::now() + patience;
  const Url parts = parse(url);
  const UniqueFd fd = connect(parts, until);
  send(fd.get(),
       fmt::format("GET {} HTTP/1.0\r\nHost: {}\r\nUser-Agent: reprise\r\n\r\n", parts.path,
                   parts.authority),
       until);
  return body_of(receive(fd.get(), limit + longest_http_head, until), limit);
}

bool is_unsealed(const std::string& url) {
  if (!url.starts_with(scheme)) return false;
  const std::string host = url.substr(scheme.size());
  const auto is = [&](std::string_view name) {
    return host.starts_with(name) && host.find_first_of(":/", name.size()) == name.size();
  };
  return !is("localhost") && !is("127.0.0.1") && !host.starts_with("[::1]");
}

}  // namespace reprise::compat
