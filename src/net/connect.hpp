#pragma once

#include "net/address.hpp"
#include "net/deadline.hpp"
#include "net/socket.hpp"

namespace reprise::net {

// Begins to connect; without an error it is done or under way. A unix socket whose queue is full is
// asked again until `deadline` has passed.
awaitable<error_code> begin_connect(asio::io_context& io, Socket& socket, const Endpoint& endpoint,
                                    const Deadline& deadline);

// The same, and waits until the connection is there. Who lets `deadline` pass cancels the socket.
awaitable<error_code> connect(asio::io_context& io, Socket& socket, const Endpoint& endpoint,
                              const Deadline& deadline);

// The process or the system is out of something: the node is not to blame.
bool is_our_own_trouble(error_code error);

}  // namespace reprise::net
