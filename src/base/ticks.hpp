#pragma once

#include <time.h>

#include <cstdint>

namespace reprise {

inline std::uint64_t monotonic_nanoseconds() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec);
}

// A clock of the same rate on all processors that costs a few nanoseconds to read; its unit is
// found by reading a real clock beside it, see TickScale.
inline std::uint64_t ticks() noexcept {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#else
  return monotonic_nanoseconds();
#endif
}

// Two readings of both clocks make the rate. Plain numbers: may stand in shared memory, of one
// boot.
struct TickScale {
  std::uint64_t start_ticks = 0;
  std::uint64_t start_nanoseconds = 0;

  static TickScale begin() noexcept { return {ticks(), monotonic_nanoseconds()}; }

  std::uint64_t nanoseconds(std::uint64_t span) const noexcept {
    const auto passed = static_cast<double>(monotonic_nanoseconds() - start_nanoseconds);
    const auto counted = static_cast<double>(ticks() - start_ticks);
    if (counted <= 0) return 0;
    return static_cast<std::uint64_t>(static_cast<double>(span) * passed / counted);
  }
};

}  // namespace reprise
