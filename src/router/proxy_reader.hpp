#pragma once

#include <optional>

#include "net/socket.hpp"
#include "protocol/proxy_header.hpp"

namespace reprise::router {

// Takes the PROXY header off the front of a connection, and nothing behind it: that is for TLS, or
// for the reader of heads. Nothing if there is none, or a bad one, or the wait was cancelled.
net::awaitable<std::optional<protocol::ProxyHeader>> read_proxy_header(net::Socket& socket);

}  // namespace reprise::router
