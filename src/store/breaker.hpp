#pragma once

#include <chrono>

#include "store/counters.hpp"

namespace reprise::store {

// Whether a server is worth asking: after a few failures in a row it is left alone, and then
// probed, with nobody waiting, until it answers in time.
class Breaker {
public:
  using Clock = std::chrono::steady_clock;

  static constexpr int most_failures = 3;
  static constexpr std::chrono::milliseconds first_rest{100};
  static constexpr std::chrono::milliseconds longest_rest{3000};

  BreakerState state() const { return state_; }
  bool allows() const { return state_ == BreakerState::closed; }

  // A look-up had no answer in time, or an error. True if that opened it.
  bool failed(Clock::time_point now);
  // One was answered in time.
  void succeeded();

  // It is open, and has been for long enough; ends with probed().
  bool wants_probe(Clock::time_point now) const {
    return state_ == BreakerState::open && now >= until_;
  }
  void probing() { state_ = BreakerState::half_open; }
  void probed(bool in_time, Clock::time_point now);

private:
  BreakerState state_ = BreakerState::closed;
  int failures_ = 0;
  Clock::time_point until_{};
  Clock::duration rest_ = first_rest;
};

}  // namespace reprise::store
