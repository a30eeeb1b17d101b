#include "compat/fetch.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "base/unique_fd.hpp"

namespace reprise::compat {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view scheme = "http://";
constexpr std::chrono::seconds patience{10};
constexpr std::size_t longest_head = 65536;

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
  if (::getaddrinfo(url.host.c_str(), url.port.c_str(), &hints, &found) != 0) {
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

UniqueFd connect(const Url& url, Clock::time_point until) {
  int error = 0;
  const auto addresses = resolve(url);
  for (const addrinfo* each = addresses.get(); each != nullptr; each = each->ai_next) {
    UniqueFd fd(::socket(each->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) fail_with("socket()", errno);
    error = try_to_connect(fd.get(), *each, until);
    if (error == 0) return fd;
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

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return out;
}

// The value of a field of the head, whose lines end in CR LF.
std::optional<std::string> field(const std::string& head, const std::string& name) {
  const std::size_t at = lower(head).find("\r\n" + name + ":");
  if (at == std::string::npos) return {};
  const std::size_t begin = head.find_first_not_of(" \t", at + name.size() + 3);
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

void check_head(const std::string& head, std::size_t body_size) {
  // "HTTP/1.1 200 OK"
  const std::size_t blank = head.find(' ');
  if (!head.starts_with("HTTP/1.") || blank == std::string::npos) fail("not an HTTP response");
  if (head.compare(blank + 1, 1, "2") != 0) {
    fail(fmt::format("Not usable HTTP response: {}", head.substr(blank + 1, 3)));
  }
  if (field(head, "transfer-encoding")) fail("a coded HTTP response to HTTP/1.0");
  const auto announced = field(head, "content-length");
  if (!announced) return;
  std::size_t length = 0;
  const char* const end = announced->data() + announced->size();
  const auto [stopped, error] = std::from_chars(announced->data(), end, length);
  if (error != std::errc() || stopped != end || length != body_size) {
    fail(fmt::format("{} bytes of {} came", body_size, *announced));
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
  std::string text = receive(fd.get(), limit + longest_head, until);
  const std::size_t end = text.find("\r\n\r\n");
  if (end == std::string::npos || end > longest_head) fail("not an HTTP response");
  const std::string head = text.substr(0, end + 2);
  text.erase(0, end + 4);
  check_head(head, text.size());
  if (text.size() > limit) fail(fmt::format("more than {} bytes", limit));
  return text;
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
