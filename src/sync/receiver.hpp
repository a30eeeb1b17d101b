#pragma once

#include "net/asio.hpp"
#include "sync/sink.hpp"

namespace reprise::sync {

// Takes what arrives at one socket for as long as the loop runs, many datagrams in one system call
// where many wait. `fd` is bound and stays the caller's; `sink` outlives the coroutine.
net::awaitable<void> receive(net::asio::io_context& io, int fd, Sink& sink);

}  // namespace reprise::sync
