#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "base/ticks.hpp"
#include "shm/counter.hpp"
#include "shm/robust_mutex.hpp"

// What stands in a cache's memory, be it anonymous or a store file (FORMAT.md):
//
//   Header | ShardState × shards | for each shard: buckets, heap, cells
//
// An item is a chain of 64-byte cells: a HeadCell with the first bytes of its payload, then
// DataCells. The payload is the key followed by the value. Links are cell numbers within the shard,
// 0 is none. Memory is zero at first and committed as it is touched, so the arrays are cut for the
// worst case and cost what is used of them.
namespace reprise::cache {

using CellIndex = std::uint32_t;

// The kind of a cell stands in the two upper bits of its first word, so that a shard can be put in
// order by looking at its cells alone.
enum class CellKind : std::uint32_t { free = 0, head = 1, data = 2 };
inline constexpr std::uint32_t link_mask = 0x3fffffff;
inline constexpr std::uint32_t most_cells = link_mask;

constexpr std::uint32_t tagged(CellKind kind, CellIndex link) {
  return (static_cast<std::uint32_t>(kind) << 30) | link;
}
constexpr CellKind kind_of(std::uint32_t word) {
  return static_cast<CellKind>(word >> 30);
}
constexpr CellIndex link_of(std::uint32_t word) {
  return word & link_mask;
}

struct HeadCell {
  std::uint32_t next = 0;  // tagged
  CellIndex bucket_next = 0;
  CellIndex older = 0;  // in order of version
  CellIndex newer = 0;
  std::uint32_t heap_position = 0;  // 1-based; 0: never expires
  std::uint32_t value_size = 0;
  std::uint32_t checksum = 0;  // see checksum.hpp; 0 in a cache that is no store
  std::uint32_t written = 0;   // Unix seconds
  std::uint64_t expires = 0;
  // Nonzero: the item lives. The one store that makes it so is the last of a set, and the first of
  // an erase; of two living items with one key the higher version counts.
  std::uint64_t version = 0;
  // One word, changed as one by readers who have no lock: see Shard::count_hit.
  std::uint32_t hash = 0;
  std::uint32_t hits = 0;
  std::uint16_t key_size = 0;
  std::uint16_t flags = 0;
  char payload[4] = {};
};

struct DataCell {
  std::uint32_t next = 0;  // tagged
  char payload[60] = {};
};

union Cell {
  Cell() : words{} {}
  std::array<std::uint64_t, 8> words;
  HeadCell head;
  DataCell data;
  std::uint32_t link;  // the tagged first word of either
};

inline constexpr std::size_t hash_word = offsetof(HeadCell, hash) / sizeof(std::uint64_t);
static_assert(sizeof(HeadCell) == 64 && sizeof(DataCell) == 64 && sizeof(Cell) == 64);
static_assert(offsetof(HeadCell, hash) % 8 == 0 && offsetof(HeadCell, hits) % 8 == 4);
static_assert(std::is_trivially_copyable_v<Cell>);

// A place in the heap. It has the expiry beside it, so that order is kept without looking at items.
struct HeapEntry {
  std::uint64_t expires;
  CellIndex item;
  std::uint32_t unused;
};

struct alignas(64) ShardState {
  shm::RobustMutex mutex;
  // Odd while the shard is being changed: readers go without the lock and look again.
  alignas(64) std::atomic<std::uint64_t> sequence{0};
  std::atomic<std::uint64_t> next_expiry{0};  // of the heap's top; 0: nothing expires
  std::atomic<std::uint64_t> items{0};
  std::atomic<std::uint64_t> blocks{0};  // of its values; counted in a cache with a limit of blocks
  std::atomic<std::uint64_t> cells{0};   // in use
  std::uint64_t next_version = 1;
  CellIndex used = 1;  // cells ever taken; number 0 is none
  CellIndex free_list = 0;
  std::uint32_t free_cells = 0;
  std::uint32_t heap_size = 0;
  CellIndex oldest = 0;
  CellIndex newest = 0;
  // Counted by everybody: on a line of their own.
  alignas(64) shm::Counter hits;
  shm::Counter miss;
  shm::Counter full;
  shm::Counter evicted;
  shm::Counter expired;
  shm::Counter repaired;
  // In ticks, written under the lock.
  shm::Counter longest_hold;
  shm::Counter longest_repair;
};

struct Geometry {
  std::uint64_t shards = 0;
  std::uint64_t items_per_shard = 0;
  std::uint64_t cells_per_shard = 0;
  std::uint64_t buckets_per_shard = 0;  // a power of two
  std::uint64_t max_items = 0;
  std::uint64_t blocksize = 0;
  std::uint64_t blocks = 0;  // that all values together may take; 0: no such limit
  std::uint64_t keysize = 0;
  std::uint64_t largest_value = 0;
  bool operator==(const Geometry&) const = default;
};

inline constexpr std::uint64_t magic = 0x6568636163705200;  // "\0Rpcache"
inline constexpr std::uint64_t layout_version = 3;

// What is written once.
struct Preamble {
  std::uint64_t magic = 0;
  std::uint64_t version = 0;
  Geometry geometry;
  std::array<std::uint64_t, 2> secret{};  // of the table's hash
  std::uint64_t has_checksums = 0;        // 1 in a store
};

struct alignas(64) Header {
  Preamble preamble;
  std::uint64_t preamble_checksum = 0;
  TickScale ticks;
  alignas(64) std::atomic<std::uint64_t> items{0};  // see Limit
  std::atomic<std::uint64_t> blocks{0};
  std::atomic<std::uint64_t> uncertain{0};  // 1: the two above may be too high, somebody died
  alignas(64) std::atomic<std::uint64_t> last_modified{0};
  std::atomic<std::uint64_t> said_full_at{0};   // Unix seconds; one line a second, of any process
  std::atomic<std::uint64_t> swept_full_at{0};  // Unix seconds, of sweep_on_full
  // See owner.hpp. In a file of before it is 0, as the rest of the header's page.
  std::atomic<std::uint64_t> owner{0};
};

}  // namespace reprise::cache
