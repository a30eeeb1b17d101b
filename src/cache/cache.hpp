#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "cache/settings.hpp"
#include "shm/region.hpp"

namespace reprise::cache {

// When an item ends: absolute Unix seconds, 0 for never.
using Expiry = UnixSeconds;

enum class SetResult {
  stored,
  exists,   // set() of a key that is there
  invalid,  // empty key or value, key over keysize, value over blocksize: nothing is counted
  full,     // no room, and the eviction rule made none
};

enum class Miss { unknown, expired };

struct Item {
  std::string value;
  Expiry expires = 0;
};

// Counters as the stats show them (spec/cache/cache.md 3), plus what the original does not have.
struct Counts {
  std::uint64_t items = 0;
  std::uint64_t hits = 0;
  std::uint64_t miss = 0;
  std::uint64_t full = 0;
  std::uint64_t last_modified_at = 0;
  std::uint64_t evicted = 0;   // live items that made room for new ones
  std::uint64_t expired = 0;   // items removed because their time was over
  std::uint64_t repaired = 0;  // shards put in order after their locker had died
};

// What one slice of sweeping did.
struct SweepSlice {
  std::uint64_t freed = 0;
  bool finished = true;  // false: more is due now, call again
};

// A key-value cache in shared memory: sharded, each shard under a lock that survives its holder.
// Any process that inherited the region may call anything, at any time; a process killed inside a
// call loses at most the item it was writing, and the next caller repairs the shard.
// Expired items are never returned. No call blocks for longer than a slice of another's work.
class Cache {
public:
  // Lays the cache out in a new region. Throws std::system_error if there is no memory for it.
  static std::unique_ptr<Cache> create(const Settings& settings);

  // Takes over a region that an earlier program laid out, items and counters included. Returns
  // null if its layout version or its geometry is not that of `settings`.
  static std::unique_ptr<Cache> adopt(const Settings& settings, UniqueFd region);

  ~Cache();
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  // Stores a new key; `exists` if it is there (and not expired).
  SetResult set(Bytes key, Bytes value, Expiry expires, UnixSeconds now);

  // Stores or replaces; expiry is replaced too.
  SetResult update(Bytes key, Bytes value, Expiry expires, UnixSeconds now);

  // Counts a hit or a miss. `why` (if not null) tells the reason of a miss.
  std::optional<Item> get(Bytes key, UnixSeconds now, Miss* why = nullptr);

  // Counts nothing.
  bool exists(Bytes key, UnixSeconds now) const;

  bool erase(Bytes key);
  void clear();

  // Removes what has expired, at most `budget` items, locking one shard at a time. Cost follows
  // what expires, not the size of the cache.
  SweepSlice sweep(UnixSeconds now, std::uint64_t budget);

  Counts counts() const;
  const Settings& settings() const;
  // To hand over at a reload.
  int region_fd() const;

  // Checks every structure under the locks; empty if all is well, else what is wrong. For tests and
  // operators, walks the whole cache.
  std::string verify();

private:
  class Impl;
  explicit Cache(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace reprise::cache
