#include "cache/geometry.hpp"

#include <algorithm>
#include <bit>
#include <stdexcept>

#include "cache/cells.hpp"

namespace reprise::cache {
namespace {

constexpr std::uint64_t usual_shards = 64;
constexpr std::uint64_t most_shards = 1024;
constexpr std::uint64_t items_worth_a_shard = 256;
// A repair looks at a whole shard: beyond this, shards become more instead of larger.
constexpr std::uint64_t items_of_a_large_shard = 16384;
// So that the least recently used of a small cache is the one of all.
constexpr std::uint64_t items_of_one_lru_list = 4096;
constexpr std::uint64_t most_items = std::uint64_t{1} << 34;
constexpr std::uint64_t largest_block = std::uint64_t{1} << 31;
constexpr std::uint64_t page = 4096;

constexpr std::size_t round_up(std::size_t size, std::size_t unit) {
  return (size + unit - 1) / unit * unit;
}

[[noreturn]] void refuse(const Settings& settings, const char* why) {
  throw std::invalid_argument("cache \"" + settings.name + "\": " + why);
}

std::uint64_t shards_for(const Settings& settings) {
  const std::uint64_t items = settings.max_items;
  const bool lru = settings.eviction == Eviction::least_recently_used;
  if (lru && items <= items_of_one_lru_list) return 1;
  const std::uint64_t few =
      std::clamp<std::uint64_t>(std::bit_floor(items / items_worth_a_shard + 1), 1, usual_shards);
  return std::clamp(std::bit_floor(items / items_of_a_large_shard + 1), few, most_shards);
}

std::uint64_t data_of(const Geometry& g) {
  constexpr std::uint64_t enough = std::uint64_t{most_cells} * sizeof(Cell);
  return g.blocks > enough / g.blocksize ? enough : g.blocks * g.blocksize;
}

// What a shard may come to hold: its items at their largest, or (bitmap) the data of the whole
// cache; and one more item, so that an update finds room beside what it replaces.
std::uint64_t cells_for(const Geometry& g) {
  const std::uint64_t items = g.items_per_shard + 1;
  if (g.blocks == 0) return items * Cells::needed(g.keysize + g.largest_value) + 1;
  return items * (Cells::needed(g.keysize) + 1) + Cells::needed(data_of(g)) +
         Cells::needed(g.largest_value) + 1;
}

}  // namespace

Geometry geometry_of(const Settings& settings) {
  if (settings.max_items == 0) refuse(settings, "no items");
  if (settings.max_items > most_items) refuse(settings, "too many items");
  if (settings.keysize == 0 || settings.keysize > 65535) refuse(settings, "keysize not 1..65535");
  if (settings.blocksize == 0 || settings.blocksize > largest_block) {
    refuse(settings, "blocksize not 1..2 GiB");
  }
  if (settings.all_blocks() > most_items) refuse(settings, "too many blocks");
  Geometry g;
  g.max_items = settings.max_items;
  g.blocksize = settings.blocksize;
  g.blocks = settings.bitmap ? settings.all_blocks() : 0;
  g.keysize = settings.keysize;
  g.largest_value = settings.bitmap ? std::min(data_of(g), largest_block) : g.blocksize;
  g.shards = shards_for(settings);
  // Shards are given twice their share, so that chance does not fill one before the cache is full.
  g.items_per_shard = g.shards == 1 ? g.max_items : 2 * (g.max_items / g.shards) + 64;
  g.cells_per_shard = std::min<std::uint64_t>(cells_for(g), most_cells);
  g.buckets_per_shard = std::bit_ceil(g.items_per_shard);
  return g;
}

Offsets offsets_of(const Geometry& g) {
  Offsets o;
  o.states = round_up(sizeof(Header), page);
  o.shards = round_up(o.states + g.shards * sizeof(ShardState), page);
  o.heap = round_up(g.buckets_per_shard * sizeof(CellIndex), page);
  o.cells = o.heap + round_up((g.items_per_shard + 2) * sizeof(std::uint32_t), page);
  o.shard_size = round_up(o.cells + g.cells_per_shard * sizeof(Cell), page);
  o.total = o.shards + g.shards * o.shard_size;
  return o;
}

}  // namespace reprise::cache
