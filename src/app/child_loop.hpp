#pragma once

#include <string_view>

#include "net/asio.hpp"

namespace reprise::app {

// Runs the loop until it is stopped or out of work. An exception that reaches it is logged and the
// loop goes on: one connection's trouble must not end a child.
void run_loop(net::asio::io_context& io, std::string_view name);

}  // namespace reprise::app
