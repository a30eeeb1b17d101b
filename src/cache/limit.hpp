#pragma once

#include <atomic>
#include <cstdint>

namespace reprise::cache {

// Holds all shards together to a limit (of items, of blocks), exactly, whoever dies when. `taken`
// is at least what there is: it is raised before something comes to live and lowered after it died,
// both under the lock of the shard that it lies in. So a process that dies in between leaves it too
// high, never too low; the repair of its shard notes that, and the shards are counted again.
class Limit {
public:
  Limit(std::atomic<std::uint64_t>& taken, std::uint64_t most) : taken_(taken), most_(most) {}

  // False if so much is not left; nothing is taken then.
  bool take(std::uint64_t n) {
    std::uint64_t taken = taken_.load(std::memory_order_relaxed);
    do {
      if (n > most_ || taken > most_ - n) return false;
    } while (!taken_.compare_exchange_weak(taken, taken + n, std::memory_order_relaxed));
    return true;
  }
  void give_back(std::uint64_t n) { taken_.fetch_sub(n, std::memory_order_relaxed); }

private:
  std::atomic<std::uint64_t>& taken_;
  std::uint64_t most_;
};

}  // namespace reprise::cache
