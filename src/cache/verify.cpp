#include <algorithm>

#include <fmt/format.h>

#include "cache/shard_lock.hpp"

namespace reprise::cache {

std::string Shard::verify() {
  const Change change(*this);
  const ShardState& s = state();
  std::uint64_t living = 0, blocks = 0;
  std::vector<bool> claimed(s.used, false);
  for (CellIndex item = s.oldest, before = 0; item != 0;
       before = item, item = cells_.head(item).newer) {
    const HeadCell& head = cells_.head(item);
    if (++living > s.items) return "the list of items is longer than their number";
    if (head.older != before) return "the list of items is not linked both ways";
    if (before != 0 && cells_.head(before).version >= head.version) return "ages are out of order";
    if (std::string problem = verify_item(item, claimed); !problem.empty()) return problem;
    blocks += blocks_of(head.value_size);
  }
  if (living != s.items) return fmt::format("{} items are listed, {} counted", living, s.items);
  if (blocks != s.blocks) return fmt::format("{} blocks are in use, {} counted", blocks, s.blocks);
  const auto in_use = static_cast<std::uint64_t>(std::count(claimed.begin(), claimed.end(), true));
  return verify_heap_and_free_list(claimed, in_use);
}

std::string Shard::verify_item(CellIndex item, std::vector<bool>& claimed) {
  const HeadCell& head = cells_.head(item);
  if (!is_sound(item, claimed)) return fmt::format("the item at {} is not whole", item);
  if ((head.expires != 0) != (head.heap_position != 0)) return "an item misses in the heap";
  if (head.heap_position > state().heap_size) return "an item is beyond the heap's end";
  if (head.heap_position != 0 && parts_.heap[head.heap_position] != item) {
    return "the heap names another item";
  }
  std::string key(head.key_size, '\0');
  Cells::Payload(cells_, cells_.load(item)).copy(key.data(), key.size());
  if (find(key, relaxed(cells_.head(item).hash)) != item) return "an item is not found by its key";
  return {};
}

std::string Shard::verify_heap_and_free_list(const std::vector<bool>& claimed,
                                             std::uint64_t in_use) {
  const ShardState& s = state();
  for (std::uint32_t i = 2; i <= s.heap_size; ++i) {
    if (cells_.head(parts_.heap[i / 2]).expires > cells_.head(parts_.heap[i]).expires) {
      return "the heap is out of order";
    }
  }
  const Expiry next = s.heap_size == 0 ? 0 : cells_.head(parts_.heap[1]).expires;
  if (next != s.next_expiry) return "the next expiry is not that of the heap's top";
  if (in_use != s.cells) return fmt::format("{} cells are in use, {} counted", in_use, s.cells);
  std::uint64_t free = 0;
  for (CellIndex index = s.free_list; index != 0; index = cells_.next(index), ++free) {
    if (free > s.free_cells) break;
    if (index >= s.used) return "a cell that was never taken is in the free list";
    if (cells_.kind(index) != CellKind::free || claimed[index]) {
      return "a used cell is in the free list";
    }
    const Cell cell = cells_.load(index);
    for (std::size_t i = 1; i < cell.words.size(); ++i) {
      if (cell.words[i] != 0) return "a free cell was not wiped";
    }
  }
  if (free != s.free_cells) return "the free list has not its length";
  if (free + in_use + 1 != s.used) return "cells were lost";
  return {};
}

}  // namespace reprise::cache
