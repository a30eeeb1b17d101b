#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "net/address.hpp"
#include "shm/counter.hpp"
#include "shm/robust_mutex.hpp"
#include "subscription/counters.hpp"
#include "subscription/stamps.hpp"

// How the table of nodes lies in shared memory: a header, the heads of the chains that keys are
// found by, keys, the sources of nodes, nodes.
namespace reprise::subscription {

inline constexpr std::size_t max_workers = 64;  // of one router
inline constexpr std::uint32_t nowhere = 0xffffffff;

// At most 255 bytes.
class ShortText {
public:
  void set(std::string_view text) {
    size_ = static_cast<std::uint8_t>(std::min<std::size_t>(text.size(), sizeof bytes_));
    std::copy_n(text.begin(), size_, bytes_);
  }
  std::string_view get() const { return {bytes_, size_}; }

private:
  std::uint8_t size_ = 0;
  char bytes_[255];
};

// A node of one key. Everything is written under the lock, but for the counters at the end.
struct NodeSlot {
  std::atomic<bool> used{false};  // written last when a node comes, first when it goes
  bool dead = false;
  std::uint8_t modifier1 = 0;
  std::uint8_t modifier2 = 0;
  std::uint32_t pool = nowhere;
  std::uint32_t next = nowhere;  // of the same key, in the order in which they came
  std::uint64_t sequence = 0;    // that order
  net::Endpoint endpoint;
  std::uint64_t cores = 0;
  std::uint64_t load = 0;
  std::uint64_t weight = 1;
  std::uint64_t credit = 0;      // turns that it has left (wrr)
  std::uint64_t last_check = 0;  // the last announce, seconds since 1970
  std::int64_t seen = 0;         // the same in milliseconds of the steady clock
  std::uint64_t pid = 0;         // the kernel's word on who announced it
  std::uint64_t uid = 0;
  std::uint64_t gid = 0;
  std::uint64_t failures = 0;
  ShortText address;
  shm::Counter requests;
  shm::Counter last_requests;  // since its last announce
  shm::Counter bytes_from;     // what the node sent
  shm::Counter bytes_to;
  // What each worker has under way with it, so that a worker that dies takes nothing along.
  std::array<std::atomic<std::uint32_t>, max_workers> in_use{};

  std::uint64_t references() const {
    std::uint64_t sum = 0;
    for (const auto& of_worker : in_use)
      sum += of_worker.load(std::memory_order_relaxed);
    return sum;
  }
};

struct PoolSlot {
  std::atomic<bool> used{false};
  std::uint32_t first = nowhere;  // node
  std::uint32_t last = nowhere;
  std::uint32_t nodes = 0;
  std::uint32_t next = nowhere;  // key of the same chain
  std::uint64_t hits = 0;
  ShortText key;
};

struct Header {
  std::uint64_t magic = 0;  // also tells the layout's version
  std::uint32_t max_pools = 0;
  std::uint32_t max_nodes = 0;
  shm::RobustMutex mutex;
  std::uint32_t pools = 0;  // in use
  std::uint32_t nodes = 0;
  std::uint32_t pools_high = 0;  // no slot from here on was ever used
  std::uint32_t nodes_high = 0;
  std::uint64_t sequence = 0;
  Counters counters;
  Stamps stamps;
};

}  // namespace reprise::subscription
