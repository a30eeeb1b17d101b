#include "router/connect.hpp"

#include <sys/socket.h>

#include <cerrno>

#include "net/reactor.hpp"

namespace reprise::router {
namespace {

// A unix socket whose queue is full is asked again so soon.
constexpr std::chrono::milliseconds full_queue_pause{5};

}  // namespace

net::awaitable<error_code> begin_connect(net::asio::io_context& io, net::Socket& socket,
                                         const net::Endpoint& endpoint,
                                         const net::Deadline& deadline) {
  while (::connect(socket.fd(), endpoint.data(), endpoint.size()) != 0) {
    if (errno == EINPROGRESS) break;
    if (errno != EAGAIN || deadline.has_passed()) co_return last_system_error();
    net::Timer pause(io);
    co_await pause.wait(full_queue_pause);
  }
  co_return error_code();
}

net::awaitable<error_code> connect(net::asio::io_context& io, net::Socket& socket,
                                   const net::Endpoint& endpoint, const net::Deadline& deadline) {
  error_code error = co_await begin_connect(io, socket, endpoint, deadline);
  // A near peer has accepted by now, so it is asked before waiting. To connect again says how the
  // first one ended.
  while (!error && ::connect(socket.fd(), endpoint.data(), endpoint.size()) != 0) {
    if (errno == EISCONN) break;
    if (errno != EALREADY && errno != EINPROGRESS) co_return last_system_error();
    error = co_await socket.ready(net::Want::output);
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

}  // namespace reprise::router
