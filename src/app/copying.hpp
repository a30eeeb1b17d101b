#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "app/replication.hpp"
#include "app/start_gate.hpp"
#include "net/asio.hpp"

namespace reprise::app {

// Fills the caches that begin as copies of a neighbour's, each from the first of its neighbours
// that gives a whole one, in the keeper. Opens the gate when all are done or `patience` is over;
// what is under way then goes on. References outlive the coroutine.
net::awaitable<void> copy_caches(net::asio::io_context& io,
                                 const std::vector<std::unique_ptr<Replication>>& replications,
                                 std::chrono::seconds patience, const StartGate& gate);

}  // namespace reprise::app
