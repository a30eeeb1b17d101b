#pragma once

#include <chrono>
#include <cstdint>
#include <utility>

#include "base/clock.hpp"

namespace reprise::log {

// For lines that people read one by one, but anybody may cause: so many per interval and owner, who
// tells from time to time how many were left out.
class LineAllowance {
public:
  explicit LineAllowance(unsigned lines,
                         std::chrono::milliseconds interval = std::chrono::seconds(1))
      : lines_(lines), interval_(interval) {}

  // True if a line may be written now.
  bool allow() {
    const auto now = coarse_now();
    if (now >= next_) {
      next_ = now + interval_;
      written_ = 0;
    }
    if (written_ == lines_) {
      ++left_out_;
      return false;
    }
    ++written_;
    return true;
  }

  // Since the last time that it was asked.
  std::uint64_t left_out() { return std::exchange(left_out_, 0); }

private:
  unsigned lines_;
  std::chrono::milliseconds interval_;
  std::chrono::steady_clock::time_point next_{};
  unsigned written_ = 0;  // in this interval
  std::uint64_t left_out_ = 0;
};

}  // namespace reprise::log
