#include "store/breaker.hpp"

#include <algorithm>

namespace reprise::store {

bool Breaker::failed(Clock::time_point now) {
  if (state_ != BreakerState::closed || ++failures_ < most_failures) return false;
  state_ = BreakerState::open;
  until_ = now + rest_;
  return true;
}

// What was asked before it opened may be answered after.
void Breaker::succeeded() {
  if (state_ == BreakerState::closed) failures_ = 0;
}

void Breaker::probed(bool in_time, Clock::time_point now) {
  if (in_time) {
    *this = Breaker();
    return;
  }
  rest_ = std::min<Clock::duration>(rest_ * 2, longest_rest);
  state_ = BreakerState::open;
  until_ = now + rest_;
}

}  // namespace reprise::store
