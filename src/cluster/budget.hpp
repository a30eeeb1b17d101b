#pragma once

#include <cstdint>

#include "cluster/clock.hpp"

namespace reprise::cluster {

// So many a second and no more; what was not used is not saved for later seconds.
class Budget {
public:
  explicit constexpr Budget(std::uint32_t each_second) : each_second_(each_second) {}

  bool allow(Moment now) {
    if (const Moment second = now / 1000; second != second_) {
      second_ = second;
      used_ = 0;
    }
    if (used_ == each_second_) return false;
    ++used_;
    return true;
  }

private:
  std::uint32_t each_second_;
  std::uint32_t used_ = 0;
  Moment second_ = 0;
};

// At most one in so many milliseconds.
class Pause {
public:
  bool allow(Moment now, Moment least) {
    if (begun_ && now - last_ < least) return false;
    begun_ = true;
    last_ = now;
    return true;
  }

private:
  Moment last_ = 0;
  bool begun_ = false;
};

}  // namespace reprise::cluster
