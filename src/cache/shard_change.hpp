#pragma once

#include "cache/shard.hpp"

namespace reprise::cache {

// Held while a shard is being changed: its lock, and its sequence odd, so that readers who come
// without the lock look again.
class Shard::Change {
public:
  explicit Change(Shard& shard)
      : state_(shard.state()), held_(state_.mutex.lock_or_repair([&] { shard.rebuild(); })) {
    state_.sequence.fetch_add(1, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_release);
  }
  ~Change() { state_.sequence.fetch_add(1, std::memory_order_release); }
  Change(const Change&) = delete;
  Change& operator=(const Change&) = delete;

private:
  ShardState& state_;
  shm::RobustMutex::Held held_;
};

}  // namespace reprise::cache
