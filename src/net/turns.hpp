#pragma once

namespace reprise::net {

// Counts what a coroutine does in a row without waiting. A peer that is always ready would
// otherwise keep all others of the process waiting.
class Turns {
public:
  // True if it is time to go to the back of the queue (and the count starts again).
  bool over() {
    if (++taken_ < in_a_row) return false;
    taken_ = 0;
    return true;
  }
  void waited() { taken_ = 0; }

private:
  static constexpr int in_a_row = 16;
  int taken_ = 0;
};

}  // namespace reprise::net
