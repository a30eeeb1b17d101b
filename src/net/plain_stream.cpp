#include "net/plain_stream.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>

namespace reprise::net {
namespace {

// What recv or send returned; `want` is what it waits for if it would block.
Step step_of(ssize_t result, Want want) {
  Step step;
  if (result >= 0) {
    step.bytes = static_cast<std::size_t>(result);
  } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
    step.want = want;
  } else {
    step.error = last_system_error();
  }
  return step;
}

Step send_flagged(int fd, Bytes from, int flags) {
  ssize_t n = 0;
  do {
    n = ::send(fd, from.data(), from.size(), flags);
  } while (n < 0 && errno == EINTR);
  return step_of(n, Want::output);
}

}  // namespace

Step receive(int fd, Buffer into) {
  ssize_t n = 0;
  do {
    n = ::recv(fd, into.data(), into.size(), 0);
  } while (n < 0 && errno == EINTR);
  return step_of(n, Want::input);
}

Step receive(const Socket& socket, Buffer into) {
  const Step step = receive(socket.fd(), into);
  const bool ended = step.bytes == 0 && step.want == Want::nothing;
  if (step.bytes < into.size() && !ended) socket.emptied();
  return step;
}

bool is_silent(int fd) {
  char byte = 0;
  const ssize_t n = ::recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

Step send(int fd, Bytes from) {
  return send_flagged(fd, from, MSG_NOSIGNAL);
}

Step send_with_next(int fd, Bytes from) {
  return send_flagged(fd, from, MSG_NOSIGNAL | MSG_MORE);
}

Step send(int fd, Bytes first, Bytes second) {
  if (second.empty()) return send(fd, first);
  iovec pieces[2] = {{const_cast<char*>(first.data()), first.size()},
                     {const_cast<char*>(second.data()), second.size()}};
  msghdr message{};
  message.msg_iov = pieces;
  message.msg_iovlen = 2;
  ssize_t n = 0;
  do {
    n = ::sendmsg(fd, &message, MSG_NOSIGNAL);
  } while (n < 0 && errno == EINTR);
  return step_of(n, Want::output);
}

// On a socket that connects this is what TCP_DEFER_ACCEPT means. (TCP_QUICKACK = 0 does it too, but
// then also delays what a peer under Nagle's rule waits for between its head and its body.)
void expect_to_speak_first(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &on, sizeof on);
}

void reset_on_close(int fd) {
  const struct ::linger reset { 1, 0 };
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
}

void set_no_delay(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Step PlainStream::read(Buffer into) {
  return receive(socket_, into);
}

Step PlainStream::write(Bytes from) {
  return send(socket_.fd(), from);
}

Step PlainStream::shut_down() {
  Step step;
  if (::shutdown(socket_.fd(), SHUT_WR) != 0) step.error = last_system_error();
  return step;
}

}  // namespace reprise::net
