#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>

namespace reprise {

// Seconds since 1970, as expiry times are kept in shared memory, packets and session DER.
using UnixSeconds = std::uint64_t;

inline UnixSeconds unix_now() {
  return static_cast<UnixSeconds>(std::time(nullptr));
}

// For deadlines: never goes back, costs a few nanoseconds (CLOCK_MONOTONIC_COARSE, ~4 ms steps).
inline std::chrono::steady_clock::time_point coarse_now() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
  return std::chrono::steady_clock::time_point(std::chrono::seconds(t.tv_sec) +
                                               std::chrono::nanoseconds(t.tv_nsec));
}

}  // namespace reprise
