#pragma once

#include <vector>

#include "cache/cache.hpp"
#include "cache/geometry.hpp"
#include "cache/hash.hpp"
#include "cache/shard.hpp"

namespace reprise::cache {

class Cache::Impl {
public:
  Impl(const Settings& settings, const Geometry& geometry, shm::Region region);

  // In fresh memory, before anybody uses it.
  static void lay_out(const Geometry& geometry, bool has_checksums, shm::Region& region);

  SetResult write(Bytes key, Bytes value, Expiry expires, UnixSeconds now, std::uint16_t flags,
                  bool replace);
  SetResult write_if_free(Bytes key, Bytes value, Expiry expires, UnixSeconds now,
                          std::uint16_t flags);
  SetResult change(Bytes key, const Arithmetic& change, Expiry expires, UnixSeconds now,
                   std::int64_t& result);
  bool get(Bytes key, UnixSeconds now, Item& into, Miss* why);
  bool peek(Bytes key, UnixSeconds now, Item& into);
  bool exists(Bytes key, UnixSeconds now);
  bool erase(Bytes key);
  bool clear(ClearCursor& cursor, UnixSeconds now);
  bool keys(KeyCursor& cursor, std::vector<ItemFacts>& out);
  SweepSlice sweep(UnixSeconds now, std::uint64_t budget);
  Counts counts() const;
  UnixSeconds oldest_written();
  std::string verify();
  // See Shard::recover(); `used(begin, size)` tells how many of a shard's cells may hold anything.
  template <class F>
  std::uint64_t recover(UnixSeconds now, F&& used);
  // Reserves what a store needs on disk beside its cells and heaps. Throws std::system_error if
  // there is no room, as recover() does.
  void reserve_tables() const;

  const Settings& settings() const { return settings_; }
  const shm::Region& region() const { return region_; }

private:
  Header& header() const { return *reinterpret_cast<Header*>(region_.data()); }
  std::uint64_t hash(Bytes key) const { return siphash(key, header().preamble.secret); }
  Shard& shard(std::uint64_t hash) { return shards_[index(hash)]; }
  std::size_t index(std::uint64_t hash) const { return (hash >> 54) & (geometry_.shards - 1); }

  std::optional<Shard::NewItem> checked(Bytes key, Bytes value, Expiry expires, UnixSeconds now,
                                        std::uint16_t flags) const;
  template <class F>
  SetResult write_with_room(std::uint64_t hash, UnixSeconds now, F&& write);
  Shard::MakeRoom room_at_first() const;
  Shard::MakeRoom room_at_last() const;
  bool sweep_on_full(UnixSeconds now);
  bool remove_elsewhere(std::size_t from, UnixSeconds now, Shard::MakeRoom room,
                        std::uint64_t& evicted);
  void say_full(UnixSeconds now);
  bool expired_on_lookup(Bytes key, std::uint64_t hash, UnixSeconds now);
  void modified(UnixSeconds now);
  void count_again();
  DiskSpace disk_space(const std::byte* shard) const;
  [[noreturn]] static void throw_no_room();

  Settings settings_;
  Geometry geometry_;
  Offsets offsets_;
  shm::Region region_;
  std::vector<Shard> shards_;
};

template <class F>
std::uint64_t Cache::Impl::recover(UnixSeconds now, F&& used) {
  std::uint64_t items = 0, blocks = 0;
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    const std::size_t cells = offsets_.shards + i * offsets_.shard_size + offsets_.cells;
    const CellIndex end = used(cells, geometry_.cells_per_shard * sizeof(Cell));
    if (!shards_[i].reserve(end)) throw_no_room();
    items += shards_[i].recover(end, now);
    blocks += shards_[i].blocks();
  }
  header().items.store(items);
  header().blocks.store(blocks);
  header().uncertain.store(0);
  header().last_modified.store(0);
  header().said_full_at.store(0);
  header().swept_full_at.store(0);
  header().ticks = TickScale::begin();
  return items;
}

}  // namespace reprise::cache
