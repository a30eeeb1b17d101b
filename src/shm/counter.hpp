#pragma once

#include <atomic>
#include <cstdint>

namespace reprise::shm {

// A number in shared memory that many processes add to: relaxed, always lock-free, starts at the
// zero of a fresh mapping. Not a lock, orders nothing.
class Counter {
public:
  void add(std::uint64_t n = 1) noexcept { value_.fetch_add(n, std::memory_order_relaxed); }
  void subtract(std::uint64_t n = 1) noexcept { value_.fetch_sub(n, std::memory_order_relaxed); }
  void set(std::uint64_t n) noexcept { value_.store(n, std::memory_order_relaxed); }
  std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
  std::atomic<std::uint64_t> value_{0};
};

static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
static_assert(sizeof(Counter) == 8);

}  // namespace reprise::shm
