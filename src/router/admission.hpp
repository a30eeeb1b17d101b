#pragma once

#include <optional>

#include "net/deadline.hpp"
#include "net/socket.hpp"
#include "router/uwsgi_vars.hpp"
#include "router/worker.hpp"

namespace reprise::router {

// Who the client is (a PROXY header may say so, into `facts`), and whether it may have one more
// connection: its share of them, empty if they are not counted. Nothing: it may not. `remote` is
// who connected.
net::awaitable<std::optional<AddressQuota::Share>> admit(Worker& worker, net::Socket& socket,
                                                         net::Deadline& deadline,
                                                         const net::Endpoint& remote,
                                                         ConnectionFacts& facts);

}  // namespace reprise::router
