#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "cache/arithmetic.hpp"
#include "cache/settings.hpp"
#include "shm/region.hpp"

namespace reprise::cache {

// When an item ends: absolute Unix seconds, 0 for never.
using Expiry = UnixSeconds;

enum class SetResult {
  stored,
  exists,   // set() of a key that is there
  invalid,  // empty key or value, key over keysize, value too large: nothing is counted
  full,     // no room, and nothing made any
};

enum class Miss { unknown, expired };

// What a set says of its item, as in the original's dumps and packets. The cache heeds
// `ungettable` alone and keeps the others.
namespace item_flags {
inline constexpr std::uint16_t ungettable = 1;  // get() does not find it and counts nothing
inline constexpr std::uint16_t update = 2;
inline constexpr std::uint16_t local = 4;  // not to be told to peers: the caller's business
inline constexpr std::uint16_t absolute_expiry = 8;
inline constexpr std::uint16_t from_peer = update | local | absolute_expiry;
inline constexpr std::uint16_t believed = 0x4000;  // ours, with from_peer: over loopback, or sealed
inline constexpr std::uint16_t asked_for = 0x1000;      // ours, with from_peer: a peer's answer
inline constexpr std::uint16_t for_this_host = 0x2000;  // ours: not to be told to other hosts
}  // namespace item_flags

struct Item {
  std::string value;
  Expiry expires = 0;
  std::uint16_t flags = 0;
};

// An item without its value.
struct ItemFacts {
  std::string key;
  std::uint64_t value_size = 0;
  Expiry expires = 0;
  UnixSeconds written = 0;  // when the value was set
  std::uint64_t hits = 0;
  std::uint16_t flags = 0;
};

// How far a walk over the keys has come.
struct KeyCursor {
  std::uint64_t shard = 0;
  std::uint64_t bucket = 0;
};

// How far clearing has come.
struct ClearCursor {
  std::uint64_t shard = 0;
  std::uint64_t before = 0;  // in this shard what was used since is spared; 0: not begun
};

// Counters as the stats show them (spec/cache/cache.md 3), plus what the original does not have.
struct Counts {
  std::uint64_t items = 0;
  std::uint64_t hits = 0;
  std::uint64_t miss = 0;
  std::uint64_t full = 0;
  std::uint64_t last_modified_at = 0;
  std::uint64_t evicted = 0;          // live items that made room for new ones
  std::uint64_t expired = 0;          // items removed because their time was over
  std::uint64_t repaired = 0;         // shards put in order after their locker had died
  std::uint64_t used_bytes = 0;       // of memory that items take, all overhead included
  std::uint64_t longest_hold_us = 0;  // of any of the locks, since the start
  std::uint64_t longest_repair_us = 0;
};

// What one slice of sweeping did.
struct SweepSlice {
  std::uint64_t freed = 0;
  bool finished = true;  // false: more is due now, call again
};

// A key-value cache in shared memory: sharded, each shard under a lock that survives its holder.
// Any process that inherited the region may call anything, at any time; a process killed inside a
// call loses at most the item it was writing, and the next caller repairs the shard.
// Expired items are never returned. A lock is held for one item, for a slice of many, or for the
// repair of one shard.
class Cache {
public:
  // Lays the cache out in a new region of memory; settings.store is not looked at. Throws
  // std::system_error if there is no memory for it.
  static std::unique_ptr<Cache> create(const Settings& settings);

  // Takes over a region that a running program laid out, items and counters included: while it may
  // go on using it. Returns null if its layout version or its geometry is not that of `settings`,
  // or if settings.store is another file.
  static std::unique_ptr<Cache> adopt(const Settings& settings, UniqueFd region);

  ~Cache();
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  // Stores a new key; `exists` if it is there (and not expired).
  SetResult set(Bytes key, Bytes value, Expiry expires, UnixSeconds now, std::uint16_t flags = 0);

  // set() for which no living item makes room, whatever the settings say, and `full` counts and
  // says nothing.
  SetResult set_if_free(Bytes key, Bytes value, Expiry expires, UnixSeconds now,
                        std::uint16_t flags = 0);

  // Stores or replaces; expiry is replaced too, the item's hits stay.
  SetResult update(Bytes key, Bytes value, Expiry expires, UnixSeconds now,
                   std::uint16_t flags = 0);

  // Changes the number in the first 8 bytes of a value, which then has 8 bytes; a missing one is
  // settings.math_initial. An existing item keeps its expiry. `result` (if not null) tells the new
  // number.
  SetResult change(Bytes key, const Arithmetic& change, Expiry expires, UnixSeconds now,
                   std::int64_t* result = nullptr);

  // Counts a hit or a miss. `why` (if not null) tells the reason of a miss.
  std::optional<Item> get(Bytes key, UnixSeconds now, Miss* why = nullptr);

  // The same into a string whose memory is used again; its content is undefined after a miss.
  bool get(Bytes key, UnixSeconds now, Item& into, Miss* why = nullptr);

  // get() that counts nothing and leaves the item as old as it is.
  bool peek(Bytes key, UnixSeconds now, Item& into);

  // Counts nothing.
  bool exists(Bytes key, UnixSeconds now);

  bool erase(Bytes key);
  // Removes what is there when it is called.
  void clear();
  // The same in slices, each under one lock, of what is there when its shard is reached; false when
  // all is done.
  bool clear(ClearCursor& cursor);

  // Adds some items to `out`, expired ones among them, and moves the cursor on; false when all have
  // been seen. What is there all along is seen once; what comes or goes meanwhile may be.
  bool keys(KeyCursor& cursor, std::vector<ItemFacts>& out);

  // Removes what has expired, at most `budget` items, locking one shard at a time. Cost follows
  // what expires, not the size of the cache.
  SweepSlice sweep(UnixSeconds now, std::uint64_t budget);

  Counts counts() const;
  // When the item was written that was written longest ago; 0 if there is none. In a cache with
  // purge_lru: one of those that were not used for long.
  UnixSeconds oldest_written();
  const Settings& settings() const;
  // To hand over at a reload.
  int region_fd() const;

  // Asks the system to begin writing a store's changed pages; does not wait. Nothing to do for a
  // cache that is no store.
  void write_out() const;
  // Keeps the memory that this process uses of the cache from being swapped out, now and later.
  std::error_code lock_memory() const;

  // Checks every structure under the locks; empty if all is well, else what is wrong. For tests and
  // operators, walks the whole cache.
  std::string verify();

private:
  friend class StoreOpening;  // store_file.cpp
  class Impl;
  explicit Cache(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace reprise::cache
