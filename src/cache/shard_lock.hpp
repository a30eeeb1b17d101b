#pragma once

#include <type_traits>

#include "cache/shard.hpp"

namespace reprise::cache {

// A shard's lock. Whoever gets it after a holder died puts the shard in order first. The longest
// time that it was held is kept.
class Shard::Hold {
public:
  explicit Hold(Shard& shard)
      : state_(shard.state()),
        held_(state_.mutex.lock_or_repair([&] { shard.rebuild(); })),
        since_(ticks()) {}
  ~Hold() {
    const std::uint64_t held = ticks() - since_;
    if (held > state_.longest_hold.get()) state_.longest_hold.set(held);
  }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;

private:
  ShardState& state_;
  shm::RobustMutex::Held held_;
  std::uint64_t since_;
};

// Held while a shard is being changed: its lock, and its sequence odd, so that readers who come
// without the lock look again.
class Shard::Change {
public:
  explicit Change(Shard& shard) : hold_(shard), sequence_(shard.state().sequence) {
    sequence_.fetch_add(1, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_release);
  }
  ~Change() { sequence_.fetch_add(1, std::memory_order_release); }
  Change(const Change&) = delete;
  Change& operator=(const Change&) = delete;

private:
  Hold hold_;
  std::atomic<std::uint64_t>& sequence_;
};

// What stands in shared memory is read and written while others read it without the lock.
template <class T>
T relaxed(T& value) {
  return std::atomic_ref(value).load(std::memory_order_relaxed);
}
template <class T>
void relaxed(T& value, std::type_identity_t<T> next) {
  std::atomic_ref(value).store(next, std::memory_order_relaxed);
}

inline bool is_expired(Expiry expires, UnixSeconds now) {
  return expires != 0 && expires <= now;
}

}  // namespace reprise::cache
