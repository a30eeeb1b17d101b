#include "subscription/server.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include "base/error.hpp"
#include "net/datagram.hpp"
#include "net/listener.hpp"
#include "net/reactor.hpp"
#include "net/readiness.hpp"

namespace reprise::subscription {
namespace {

constexpr int turn = 64;  // datagrams until others have theirs
constexpr std::chrono::milliseconds pause_after_error{100};

[[noreturn]] void fail(const char* call) {
  throw std::system_error(errno, std::system_category(), call);
}

bool somebody_answers(const net::Endpoint& endpoint) {
  const UniqueFd probe(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  return probe && ::connect(probe.get(), endpoint.data(), endpoint.size()) == 0;
}

void ask_for_credentials(int fd) {
  const int on = 1;
  if (::setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0) fail("SO_PASSCRED");
}

UniqueFd bind_unix(const net::Endpoint& endpoint, bool provisional) {
  if (provisional && !endpoint.path().empty()) {
    net::Listener::try_out(endpoint.path(), endpoint, {});
    return {};
  }
  UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) fail("socket()");
  const std::string path = endpoint.path();
  struct stat status {};
  const bool is_socket =
      !path.empty() && ::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
  if (is_socket && !somebody_answers(endpoint)) ::unlink(path.c_str());
  // Before anybody can send: the kernel would say "nobody" of who was too early.
  ask_for_credentials(fd.get());
  if (::bind(fd.get(), endpoint.data(), endpoint.size()) != 0) fail("bind()");
  return fd;
}

// One datagram, and who sent it.
class Slot {
public:
  // False if there is none, or the system says why in `error`.
  bool receive(int fd, int& error) {
    iovec part{bytes_.data(), bytes_.size()};
    msghdr message{};
    message.msg_name = &source_;
    message.msg_namelen = sizeof source_;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control_.data();
    message.msg_controllen = control_.size();
    const ssize_t size = ::recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    error = size < 0 && errno != EAGAIN && errno != EINTR ? errno : 0;
    if (size < 0) return false;
    size_ = static_cast<std::size_t>(size);
    source_size_ = message.msg_namelen;
    credentials_.reset();
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
      if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) close_all(*c);
      if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_CREDENTIALS) continue;
      ucred sender{};
      std::memcpy(&sender, CMSG_DATA(c), sizeof sender);
      credentials_ = {static_cast<std::uint64_t>(sender.pid), sender.uid, sender.gid};
    }
    return true;
  }

  // Descriptors that somebody passes along: nobody asked for them.
  static void close_all(const cmsghdr& control) {
    const auto* const fds = CMSG_DATA(&control);
    for (std::size_t at = CMSG_LEN(0); at + sizeof(int) <= control.cmsg_len; at += sizeof(int)) {
      int passed = -1;
      std::memcpy(&passed, fds + at - CMSG_LEN(0), sizeof passed);
      ::close(passed);
    }
  }

  Bytes bytes() const { return {bytes_.data(), size_}; }

  Source source(bool over_unix, bool with_credentials) const {
    Source from;
    if (over_unix) {
      sockaddr_storage nameless{};
      nameless.ss_family = AF_UNIX;
      from.endpoint =
          net::Endpoint(reinterpret_cast<const sockaddr*>(&nameless), sizeof nameless.ss_family);
    } else {
      from.endpoint = net::Endpoint(reinterpret_cast<const sockaddr*>(&source_), source_size_);
    }
    from.this_host = over_unix || net::is_loopback(from.endpoint.unmapped());
    if (with_credentials) from.credentials = credentials_;
    return from;
  }

private:
  std::array<char, largest_packet + 1> bytes_;  // one more tells what is too large
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred))> control_;
  sockaddr_storage source_{};
  socklen_t source_size_ = 0;
  std::size_t size_ = 0;
  std::optional<Credentials> credentials_;
};

}  // namespace

net::Endpoint Server::endpoint_of(const Written& address) {
  return at_origin(address.origin, [&] { return net::resolve(address.text, net::Role::listen); });
}

Server::Server(const Written& address, UniqueFd inherited, bool provisional)
    : address_(address.text), fd_(std::move(inherited)) {
  const net::Endpoint endpoint = endpoint_of(address);
  unix_ = endpoint.family() == AF_UNIX;
  if (fd_) return;
  at_origin(address.origin, [&] {
    try {
      fd_ = unix_ ? bind_unix(endpoint, provisional) : net::bind_datagram(endpoint, {});
    } catch (const std::system_error& error) {
      throw std::runtime_error(
          "probably another instance of uWSGI is running on the same address (" + address.text +
          ").\n" + error.what());
    }
  });
}

UniqueFd Server::try_out(const net::Endpoint& endpoint) {
  if (endpoint.family() != AF_UNIX) return net::bind_datagram(endpoint, {});
  const std::string path = endpoint.path();
  struct stat status {};
  const bool is_other =
      !path.empty() && ::lstat(path.c_str(), &status) == 0 && !S_ISSOCK(status.st_mode);
  if (is_other || somebody_answers(endpoint)) {
    errno = EADDRINUSE;
    fail("bind()");
  }
  if (path.empty()) return {};  // an abstract one
  const auto directory = std::filesystem::absolute(path).parent_path();
  if (::access(directory.c_str(), W_OK | X_OK) != 0) fail("bind()");
  return {};
}

bool Server::is_local() const {
  return unix_ || net::is_loopback(net::Endpoint::local(fd_.get()).unmapped());
}

std::string Server::remove_socket_file() const {
  const std::string path = unix_ ? net::Endpoint::local(fd_.get()).path() : "";
  if (path.empty() || ::unlink(path.c_str()) != 0) return {};
  return path;
}

net::awaitable<void> Server::run(net::asio::io_context& io, Intake& intake) const {
  const bool credentials = unix_ && intake.wants_credentials();
  if (credentials) ask_for_credentials(fd());  // an inherited socket may not have it
  net::Readiness readiness(io, fd(), net::Readiness::Kind::connection);
  net::Timer timer(io);
  const auto slot = std::make_unique<Slot>();
  for (;;) {
    int taken = 0;
    int failure = 0;
    for (; taken < turn && slot->receive(fd(), failure); ++taken)
      intake.take(slot->bytes(), slot->source(unix_, credentials), {});
    if (taken == turn) {
      co_await net::Reactor::of(io).next_turn();
      continue;
    }
    if (failure != 0) {
      co_await timer.wait(pause_after_error);
      continue;
    }
    readiness.emptied();
    const error_code error = co_await readiness.input();
    if (error == net::asio::error::operation_aborted) co_return;
    if (error) co_await timer.wait(pause_after_error);
  }
}

}  // namespace reprise::subscription
