#pragma once

#include <functional>
#include <vector>

#include "base/written.hpp"
#include "net/asio.hpp"

namespace reprise::app {

// Looks at files every second, for as long as the loop runs; calls `touched` with the name of one
// whose time of change is another than before, or that has come. One that has gone is no change.
net::awaitable<void> watch_files(net::asio::io_context& io, std::vector<Written> files,
                                 std::function<void(const std::string&)> touched);

}  // namespace reprise::app
