#include "net/connect.hpp"

#include <sys/socket.h>

#include <cerrno>

#include "net/reactor.hpp"

namespace reprise::net {
namespace {

// A unix socket whose queue is full is asked again so soon.
constexpr std::chrono::milliseconds full_queue_pause{5};

}  // namespace

awaitable<error_code> begin_connect(asio::io_context& io, Socket& socket, const Endpoint& endpoint,
                                    const Deadline& deadline) {
  while (::connect(socket.fd(), endpoint.data(), endpoint.size()) != 0) {
    if (errno == EINPROGRESS) break;
    if (errno != EAGAIN || deadline.has_passed()) co_return last_system_error();
    Timer pause(io);
    co_await pause.wait(full_queue_pause);
  }
  co_return error_code();
}

awaitable<error_code> connect(asio::io_context& io, Socket& socket, const Endpoint& endpoint,
                              const Deadline& deadline) {
  error_code error = co_await begin_connect(io, socket, endpoint, deadline);
  // A near peer has accepted by now, so it is asked before waiting. To connect again says how the
  // first one ended.
  while (!error && ::connect(socket.fd(), endpoint.data(), endpoint.size()) != 0) {
    if (errno == EISCONN) break;
    if (errno != EALREADY && errno != EINPROGRESS) co_return last_system_error();
    error = co_await socket.ready(Want::output);
  }
  co_return error;
}

bool is_our_own_trouble(error_code error) {
  switch (error.value()) {
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
    case EADDRNOTAVAIL:
      return error.category() == boost::system::system_category();
    default:
      return false;
  }
}

}  // namespace reprise::net
