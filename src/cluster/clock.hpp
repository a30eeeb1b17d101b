#pragma once

#include <time.h>

#include <algorithm>
#include <cstdint>

namespace reprise::cluster {

// Milliseconds of CLOCK_BOOTTIME: goes on while the machine sleeps, and is never set.
using Moment = std::uint64_t;

inline std::uint64_t milliseconds_of(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1000 +
         static_cast<std::uint64_t>(now.tv_nsec) / 1'000'000;
}

// Microseconds of CLOCK_MONOTONIC, for what is over within milliseconds.
using Micros = std::uint64_t;

inline Micros microseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<Micros>(now.tv_sec) * 1'000'000 + static_cast<Micros>(now.tv_nsec) / 1000;
}

// Three clocks that go at one pace, unless the machine slept, was stopped and restored, or had its
// time set.
struct Clocks {
  Moment boot = 0;
  std::uint64_t monotonic = 0;
  std::uint64_t wall = 0;

  static Clocks now() {
    return {milliseconds_of(CLOCK_BOOTTIME), milliseconds_of(CLOCK_MONOTONIC),
            milliseconds_of(CLOCK_REALTIME)};
  }
};

// Notices that this process may be a copy of another one, or was asleep.
class LeapWatch {
public:
  explicit LeapWatch(const Clocks& now) : last_(now) {}

  // Whether two of the clocks have parted by more than five seconds since the last call.
  bool leapt(const Clocks& now) {
    const auto step = [](std::uint64_t from, std::uint64_t to) {
      return static_cast<std::int64_t>(to - from);
    };
    const auto steps = {step(last_.boot, now.boot), step(last_.monotonic, now.monotonic),
                        step(last_.wall, now.wall)};
    last_ = now;
    return std::max(steps) - std::min(steps) > most_apart;
  }

private:
  static constexpr std::int64_t most_apart = 5000;
  Clocks last_;
};

}  // namespace reprise::cluster
