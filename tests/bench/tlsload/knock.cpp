#include "tlsload/knock.hpp"

#include <chrono>
#include <thread>
#include <utility>

#include "common/sockets.hpp"

namespace reprise::bench {

Knocks knock(const Options& options, Tally& tally) {
  Knocks held;
  held.reserve(options.operations);
  while (held.size() < options.operations) {
    const auto started_at = std::chrono::steady_clock::now();
    for (std::uint64_t i = 0; i < options.burst && held.size() < options.operations; ++i) {
      held.push_back(connect_to(options.target));
      tally.complete(started_at);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(options.pause_milliseconds));
  }
  return held;
}

}  // namespace reprise::bench
