#include "cache/geometry.hpp"

#include <algorithm>
#include <bit>
#include <stdexcept>

#include "cache/cells.hpp"

namespace reprise::cache {
namespace {

constexpr std::uint64_t most_shards = 64;
constexpr std::uint64_t items_worth_a_shard = 256;
constexpr std::uint64_t most_items = std::uint64_t{1} << 34;
constexpr std::uint64_t largest_block = std::uint64_t{1} << 31;
constexpr std::uint64_t page = 4096;

constexpr std::size_t round_up(std::size_t size, std::size_t unit) {
  return (size + unit - 1) / unit * unit;
}

[[noreturn]] void refuse(const Settings& settings, const char* why) {
  throw std::invalid_argument("cache \"" + settings.name + "\": " + why);
}

}  // namespace

Geometry geometry_of(const Settings& settings) {
  if (settings.max_items == 0) refuse(settings, "no items");
  if (settings.max_items > most_items) refuse(settings, "too many items");
  if (settings.keysize == 0 || settings.keysize > 65535) refuse(settings, "keysize not 1..65535");
  if (settings.blocksize == 0 || settings.blocksize > largest_block) {
    refuse(settings, "blocksize not 1..2 GiB");
  }
  Geometry g;
  g.max_items = settings.max_items;
  g.blocksize = settings.blocksize;
  g.keysize = settings.keysize;
  g.shards = std::clamp<std::uint64_t>(std::bit_floor(g.max_items / items_worth_a_shard + 1), 1,
                                       most_shards);
  g.items_per_shard = g.shards == 1 ? g.max_items : 2 * (g.max_items / g.shards) + 64;
  // One more than the items, so that an update finds room beside what it replaces.
  const std::uint64_t worst = (g.items_per_shard + 1) * Cells::needed(g.keysize + g.blocksize) + 1;
  g.cells_per_shard = std::min<std::uint64_t>(worst, most_cells);
  g.buckets_per_shard = std::bit_ceil(g.items_per_shard / 2 + 1);
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
