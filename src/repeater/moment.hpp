#pragma once

#include <time.h>

#include <cstdint>

namespace reprise::repeater {

// Milliseconds of CLOCK_BOOTTIME, one for all processes. Never 0.
using Moment = std::uint64_t;

inline Moment now() {
  timespec time{};
  ::clock_gettime(CLOCK_BOOTTIME, &time);
  return static_cast<Moment>(time.tv_sec) * 1000 + static_cast<Moment>(time.tv_nsec) / 1'000'000 +
         1;
}

// Nodes say every five seconds that they are there, as clear SUBSCRIBEs, or every ten as uWSGI's
// packets do; who was silent for longer has left.
inline constexpr Moment tolerance = 17'000;

}  // namespace reprise::repeater
