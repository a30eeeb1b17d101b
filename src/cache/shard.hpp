#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cache/arithmetic.hpp"
#include "cache/cache.hpp"
#include "cache/cells.hpp"
#include "cache/layout.hpp"
#include "cache/limit.hpp"

namespace reprise::cache {

// One shard of a cache: a hash table of items, their order of age, and a heap of what expires.
// Everything public may be called by any process at any time; what changes takes the shard's lock,
// what reads does not, unless it says so.
class Shard {
public:
  struct Parts {
    Header* header;
    ShardState* state;
    CellIndex* buckets;
    HeapEntry* heap;  // position 0 is unused
    Cell* cells;
    DiskSpace space;
  };
  // What a set may remove to make room in this shard.
  enum class MakeRoom { nothing, of_expired, of_expired_and_oldest };

  // `geometry` outlives the shard.
  Shard(Parts parts, const Geometry& geometry);

  struct NewItem {
    Bytes key;
    std::uint64_t hash;
    Bytes value;
    Expiry expires;
    UnixSeconds now;
    std::uint16_t flags;
  };
  struct Write {
    SetResult result = SetResult::stored;
    std::uint64_t removed = 0;  // items that were expired or had to go
    std::uint64_t evicted = 0;  // of those, the ones that were alive
  };

  // At the limits of the whole cache, the item may only take another's place in this shard.
  Write set(const NewItem& item, bool replace, MakeRoom room);

  // set() of a number that is made of the one that is there, or of `initial`, under the same lock;
  // item.value is not looked at. An existing item keeps its expiry.
  Write arithmetic(NewItem item, const Arithmetic& change, std::int64_t initial, MakeRoom room,
                   std::int64_t& result);

  enum class Found { item, expired, nothing, ungettable };
  enum class Counting { on, off };
  // Counts the item's own hit; not the shard's. `out` may be null: nothing is counted then.
  Found get(Bytes key, std::uint64_t hash, UnixSeconds now, Item* out,
            Counting counting = Counting::on) const;
  // get() of an item that becomes the newest thereby. Takes the lock.
  Found touch(Bytes key, std::uint64_t hash, UnixSeconds now, Item* out);

  // A change of the item of that hash is coming: what it will look at first is asked for.
  void expect(std::uint64_t hash) const {
    __builtin_prefetch(&bucket(static_cast<std::uint32_t>(hash)), 1);
  }

  bool erase(Bytes key, std::uint64_t hash);
  // Removes an item if it has expired.
  bool erase_expired(Bytes key, std::uint64_t hash, UnixSeconds now);

  // Removes items older than `version`, up to `budget`; how many it removed.
  std::uint64_t clear(std::uint64_t version, std::uint64_t budget);
  std::uint64_t next_version() const;

  // Removes up to `budget` expired items; does not lock if there are none.
  std::uint64_t sweep(UnixSeconds now, std::uint64_t budget);
  bool has_expired(UnixSeconds now) const;

  // Makes room for an item of another shard: removes an expired item, else (if it may) the oldest.
  std::optional<Write> remove_one(UnixSeconds now, MakeRoom room);

  // Adds the items of some buckets to `out`, from the bucket `next` on, and moves `next` on; false
  // at the shard's end.
  bool list(std::uint64_t& next, std::uint64_t buckets, std::vector<ItemFacts>& out);

  // When the item at the front of the order of age was written, in Unix seconds; 0 if there is
  // none. Takes the lock.
  UnixSeconds oldest_written();

  std::uint64_t items() const { return state().items.load(std::memory_order_relaxed); }
  std::uint64_t blocks() const { return state().blocks.load(std::memory_order_relaxed); }
  ShardState& state() const { return *parts_.state; }

  // Makes the state of a store's shard anew from its cells, of which the first `used` may hold
  // something; nothing that stands there is believed. Before anybody else can use the shard.
  // Returns the number of items.
  std::uint64_t recover(CellIndex used, UnixSeconds now);

  // Before recover(): room on disk for so many cells. False if there is none.
  bool reserve(CellIndex used) { return cells_.reserve(used); }

  // Shows every item that is whole, looking at cells alone and changing nothing: also while others
  // change them, if items have checksums. `state().used` must be set.
  void examine(const std::function<void(const ItemFacts&)>& show);

  // Every structure against the cells; empty if all is well. Takes the lock.
  std::string verify();

  class Hold;  // the lock

private:
  class Change;  // the lock and the odd sequence, while a shard is being changed

  std::optional<Found> try_get(Bytes key, std::uint64_t hash, UnixSeconds now, Item* out,
                               Counting counting) const;
  ItemFacts facts_of(const Cell& head) const;
  void count_hit(CellIndex index, const HeadCell& seen) const;
  CellIndex& bucket(std::uint32_t hash) const;
  CellIndex find(Bytes key, std::uint32_t hash) const;
  std::uint64_t blocks_of(std::uint64_t value_size) const;

  Write put(const NewItem& item, CellIndex old, MakeRoom room);
  bool has_place(const NewItem& item, CellIndex old);
  bool make_place(const NewItem& item, CellIndex old, MakeRoom room, Write& done);
  std::uint64_t pop_expired(UnixSeconds now, std::uint64_t budget);
  CellIndex drop_expired(CellIndex index, UnixSeconds now, Write& done);

  void insert(CellIndex index, CellIndex old);
  void remove(CellIndex index);   // and gives back what it took of the limits
  void discard(CellIndex index);  // without
  void link(CellIndex index);
  void expect_neighbours(CellIndex index) const;
  void link_bucket(CellIndex index);
  void link_newest(CellIndex index);
  void unlink_bucket(CellIndex index);
  void unlink_age(CellIndex index);

  void heap_add(CellIndex index);
  void heap_remove(CellIndex index);
  void heap_take_over(CellIndex old, CellIndex index);
  void heap_settle(std::uint32_t position);
  void heap_place(std::uint32_t position, const HeapEntry& entry);
  void heap_up(std::uint32_t position);
  void heap_down(std::uint32_t position);
  void publish_next_expiry();

  // Puts the shard in order from its cells alone, after a process died while changing it.
  void rebuild();
  bool is_sound(CellIndex item, std::vector<bool>& claimed);
  std::vector<CellIndex> living_items(std::vector<bool>& claimed);
  void free_all_but(const std::vector<bool>& claimed);
  void number_anew(const std::vector<CellIndex>& items);
  void relink(const std::vector<CellIndex>& items);
  bool replaces_older(CellIndex item);
  std::string verify_item(CellIndex item, std::vector<bool>& claimed);
  std::string verify_heap_and_free_list(const std::vector<bool>& claimed, std::uint64_t in_use);

  Parts parts_;
  const Geometry& geometry_;
  Limit item_limit_;
  Limit block_limit_;
  mutable Cells cells_;
};

}  // namespace reprise::cache
