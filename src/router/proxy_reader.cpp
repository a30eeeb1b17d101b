#include "router/proxy_reader.hpp"

#include <sys/socket.h>

#include <cerrno>

namespace reprise::router {
namespace {

using protocol::ProxyHeader;

bool failed_for_good(ssize_t got) {
  return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
}

}  // namespace

net::awaitable<std::optional<ProxyHeader>> read_proxy_header(net::Socket& socket) {
  std::size_t seen = 0;
  for (;;) {
    char peeked[ProxyHeader::max_size];
    const ssize_t got = ::recv(socket.fd(), peeked, sizeof peeked, MSG_PEEK | MSG_DONTWAIT);
    if (failed_for_good(got)) co_return std::nullopt;
    if (got > 0) {
      const auto size = static_cast<std::size_t>(got);
      const ProxyHeader header = protocol::read_proxy_header({peeked, size});
      if (header.state == ProxyHeader::State::malformed) co_return std::nullopt;
      if (header.state == ProxyHeader::State::complete) {
        if (::recv(socket.fd(), peeked, header.size, MSG_DONTWAIT) < 0) co_return std::nullopt;
        co_return header;
      }
      if (socket.ended() && size == seen) co_return std::nullopt;
      seen = size;
    }
    socket.emptied();
    const error_code error = co_await socket.ready(net::Want::input);
    if (error) co_return std::nullopt;
  }
}

}  // namespace reprise::router
