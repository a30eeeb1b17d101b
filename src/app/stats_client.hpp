#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace reprise::app {

// The document of a stats server, with or without an HTTP head, the head taken off. Waits `limit`
// at most for all of it, and takes `largest` bytes at most. Throws std::runtime_error and its kin.
std::string fetch_stats(const std::string& address, std::chrono::milliseconds limit,
                        std::size_t largest = std::size_t{64} << 20);

}  // namespace reprise::app
