#include "application/wire.hpp"

#include <poll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace reprise::application {
namespace {

using namespace std::chrono_literals;

constexpr auto linger_time = 2s;
constexpr std::size_t linger_bytes = 1 << 20;

bool would_block(int error) {
  return error == EAGAIN || error == EWOULDBLOCK;
}

}  // namespace

bool Wire::wait_for(short events, Clock::time_point deadline) {
  pollfd one{fd_, events, 0};
  for (;;) {
    const auto now = Clock::now();
    if (now >= deadline) return false;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now);
    const auto wait = std::min<std::chrono::milliseconds>(left, 1h);
    const int ready = ::poll(&one, 1, static_cast<int>(wait.count()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

Exchange::Piece Wire::receive(Buffer into, Clock::time_point deadline) {
  for (;;) {
    const ssize_t got = ::recv(fd_, into.data(), into.size(), MSG_DONTWAIT);
    if (got >= 0) return {static_cast<std::size_t>(got), ReadStatus::ok};
    if (errno == EINTR) continue;
    if (!would_block(errno)) return {0, ReadStatus::closed};
    const auto limit = std::min(deadline, Clock::now() + patience_);
    if (!wait_for(POLLIN, limit)) return {0, ReadStatus::timed_out};
  }
}

bool Wire::send(Bytes first, Bytes second, bool more) {
  const int flags = MSG_DONTWAIT | MSG_NOSIGNAL | (more ? MSG_MORE : 0);
  while (!first.empty() || !second.empty()) {
    std::array<iovec, 2> parts{iovec{const_cast<char*>(first.data()), first.size()},
                               iovec{const_cast<char*>(second.data()), second.size()}};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    const ssize_t sent = ::sendmsg(fd_, &message, flags);
    if (sent < 0) {
      if (errno == EINTR) continue;
      if (!would_block(errno) || !wait_for(POLLOUT, Clock::now() + patience_)) return false;
      continue;
    }
    const auto bytes = static_cast<std::size_t>(sent);
    const std::size_t of_first = std::min(bytes, first.size());
    first.remove_prefix(of_first);
    second.remove_prefix(bytes - of_first);
  }
  return true;
}

bool Wire::send_file(int file, std::uint64_t offset, std::uint64_t count) {
  auto position = static_cast<off_t>(offset);
  while (count > 0) {
    const ssize_t sent = ::sendfile(fd_, file, &position, count);
    if (sent > 0) {
      count -= static_cast<std::uint64_t>(sent);
      // The socket is full: many small pieces cost more than a few large ones.
      if (count > 0 && !wait_for(POLLOUT, Clock::now() + patience_)) return false;
      continue;
    }
    if (sent == 0) return false;  // it ended before its time
    if (errno == EINTR) continue;
    if (!would_block(errno) || !wait_for(POLLOUT, Clock::now() + patience_)) return false;
  }
  return true;
}

void Wire::linger() {
  ::shutdown(fd_, SHUT_WR);
  const auto deadline = Clock::now() + linger_time;
  std::array<char, 16384> waste;
  for (std::size_t read = 0; read < linger_bytes;) {
    const Exchange::Piece piece = receive(waste, deadline);
    if (piece.bytes == 0) return;
    read += piece.bytes;
  }
}

}  // namespace reprise::application
