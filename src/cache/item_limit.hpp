#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include "cache/layout.hpp"

namespace reprise::cache {

// Holds the items of all shards together to one limit, exactly, whoever dies when. `total` is at
// least the number of items there are or are just being added: a process that dies leaves it too
// high, never too low. So below the limit it decides alone; at the limit the shards are counted.
class ItemLimit {
public:
  ItemLimit(std::atomic<std::uint64_t>& total, std::span<ShardState> shards, std::uint64_t limit)
      : total_(total), shards_(shards), limit_(limit) {}

  // One item that is being added to a shard. Lives under the shard's lock, from before anything is
  // removed for it until after it is counted in; a rebuild clears up after a process that died.
  class Addition {
  public:
    Addition(ItemLimit& limit, ShardState& shard) : limit_(limit), shard_(shard) {
      shard_.adding.store(1);
    }
    ~Addition() {
      shard_.adding.store(0);
      if (reserved_) limit_.removed(1);
    }
    Addition(const Addition&) = delete;
    Addition& operator=(const Addition&) = delete;

    // True if the limit has room for one item more.
    bool reserve() { return reserved_ = limit_.reserve(); }
    bool reserved() const { return reserved_; }

    // The item is there. It takes its reservation, or the place of one that was removed.
    void added() {
      if (!reserved_) limit_.total_.fetch_add(1);
      reserved_ = false;
    }

  private:
    ItemLimit& limit_;
    ShardState& shard_;
    bool reserved_ = false;
  };

  // Items that are gone.
  void removed(std::uint64_t n) { total_.fetch_sub(n); }

private:
  bool reserve();

  std::atomic<std::uint64_t>& total_;
  std::span<ShardState> shards_;
  std::uint64_t limit_;
};

}  // namespace reprise::cache
