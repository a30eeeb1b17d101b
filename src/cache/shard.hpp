#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cache/cache.hpp"
#include "cache/cells.hpp"
#include "cache/item_limit.hpp"
#include "cache/layout.hpp"

namespace reprise::cache {

// One shard of a cache: a hash table of items, their order of insertion, and a heap of what
// expires. Everything public may be called by any process at any time; what changes takes the
// shard's lock, what reads does not.
class Shard {
public:
  struct Parts {
    ShardState* state;
    CellIndex* buckets;
    std::uint32_t* heap;  // cell numbers; position 0 is unused
    Cell* cells;
  };
  // `geometry` outlives the shard.
  Shard(Parts parts, const Geometry& geometry);

  struct Write {
    SetResult result = SetResult::stored;
    std::uint64_t removed = 0;  // items that were expired or had to go
    std::uint64_t evicted = 0;  // of those, the ones that were alive
  };

  // At the limit, the item may only take another's place in this shard. What was removed is the
  // caller's to report to `limit`.
  Write set(Bytes key, std::uint64_t hash, Bytes value, Expiry expires, UnixSeconds now,
            bool replace, Eviction eviction, ItemLimit& limit);

  enum class Found { item, expired, nothing };
  Found get(Bytes key, std::uint64_t hash, UnixSeconds now, Item* out) const;

  bool erase(Bytes key, std::uint64_t hash);
  std::uint64_t clear();

  // Removes up to `budget` expired items; does not lock if there are none.
  std::uint64_t sweep(UnixSeconds now, std::uint64_t budget);
  bool has_expired(UnixSeconds now) const;

  // Makes room for an item of another shard: removes an expired item, else the oldest.
  std::optional<Write> evict_one(UnixSeconds now);

  std::uint64_t items() const { return state().items.load(std::memory_order_relaxed); }
  ShardState& state() const { return *parts_.state; }

  // Every structure against the cells; empty if all is well. Takes the lock.
  std::string verify();

private:
  class Change;  // the lock and the odd sequence, while a shard is being changed

  std::optional<Found> try_get(Bytes key, std::uint64_t hash, UnixSeconds now, Item* out) const;
  CellIndex& bucket(std::uint64_t hash) const;
  CellIndex find(Bytes key, std::uint64_t hash) const;
  void insert(CellIndex index, std::uint64_t hash, Expiry expires);
  void link_bucket(CellIndex index);
  void link_newest(CellIndex index);
  void remove(CellIndex index);
  void unlink_bucket(CellIndex index);
  void unlink_age(CellIndex index);
  bool make_room(std::uint64_t payload, bool reserved, UnixSeconds now, Eviction eviction,
                 Write& done);
  std::uint64_t pop_expired(UnixSeconds now, std::uint64_t budget);

  void heap_add(CellIndex index);
  void heap_remove(CellIndex index);
  void heap_place(std::uint32_t position, CellIndex index);
  void heap_up(std::uint32_t position);
  void heap_down(std::uint32_t position);
  void publish_next_expiry();

  // Puts the shard in order from its cells alone, after a process died while changing it.
  void rebuild();
  std::vector<CellIndex> living_items();

  Parts parts_;
  const Geometry& geometry_;
  mutable Cells cells_;
};

}  // namespace reprise::cache
