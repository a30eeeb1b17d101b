#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace reprise::bench {

// What happened in a phase.
struct Tally {
  std::uint64_t operations = 0;  // completed
  std::uint64_t resumed = 0;     // connections whose session the server accepted
  std::uint64_t retries = 0;     // HelloRetryRequests
  std::uint64_t errors = 0;
  std::string first_error;
  std::vector<double> microseconds;  // of each operation

  void complete(std::chrono::steady_clock::time_point started_at);
  // Throws std::runtime_error when there are so many that going on tells nothing.
  void fail(const std::string& error);
  // One line of JSON.
  std::string json() const;
};

}  // namespace reprise::bench
