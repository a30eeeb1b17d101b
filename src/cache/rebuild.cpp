// Putting a shard in order from its cells alone, and checking that it is.
#include <algorithm>
#include <unordered_set>

#include <fmt/format.h>

#include "cache/hash.hpp"
#include "cache/shard_change.hpp"

namespace reprise::cache {

// The items that were complete when the last writer died, oldest first. What was being written or
// erased is not among them.
std::vector<CellIndex> Shard::living_items() {
  std::vector<CellIndex> found;
  for (CellIndex index = 1; index < cells_.used(); ++index) {
    if (cells_.kind(index) == CellKind::head && cells_.head(index).version != 0) {
      found.push_back(index);
    }
  }
  std::sort(found.begin(), found.end(), [this](CellIndex a, CellIndex b) {
    return cells_.head(a).version < cells_.head(b).version;
  });
  return found;
}

void Shard::rebuild() {
  ShardState& s = state();
  s.sequence.store(s.sequence.load(std::memory_order_relaxed) | 1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  s.repaired.add();
  const std::vector<CellIndex> items = living_items();

  std::vector<bool> kept(s.used, false);
  for (const CellIndex item : items) {
    for (CellIndex index = item; index != 0; index = cells_.next(index))
      kept[index] = true;
  }
  s.free_list = 0;
  s.free_cells = 0;
  for (CellIndex index = 1; index < s.used; ++index) {
    if (!kept[index]) cells_.mark_free(index);
  }

  for (std::uint64_t i = 0; i < geometry_.buckets_per_shard; ++i) {
    if (parts_.buckets[i] != 0) {
      std::atomic_ref(parts_.buckets[i]).store(0, std::memory_order_relaxed);
    }
  }
  s.oldest = s.newest = 0;
  s.heap_size = 0;
  s.items.store(0, std::memory_order_relaxed);
  std::string key;
  for (const CellIndex item : items) {
    const Cell cell = cells_.load(item);
    cells_.read(cell, cell.head.key_size, key);
    const CellIndex older = find(key, cell.head.hash);
    insert(item, cell.head.hash, cell.head.expires);
    if (older != 0) remove(older);
  }
  s.adding.store(0);
  publish_next_expiry();
  s.sequence.fetch_add(1, std::memory_order_release);
}

std::string Shard::verify() {
  const Change change(*this);
  const ShardState& s = state();
  std::uint64_t living = 0;
  std::unordered_set<CellIndex> claimed;
  for (CellIndex item = s.oldest, before = 0; item != 0;
       before = item, item = cells_.head(item).newer) {
    const HeadCell& head = cells_.head(item);
    if (++living > s.items) return "the list of items is longer than their number";
    if (cells_.kind(item) != CellKind::head || head.version == 0) return "a dead item is listed";
    if (head.older != before) return "the list of items is not linked both ways";
    const std::uint64_t needed = Cells::needed(head.key_size + std::uint64_t{head.value_size});
    std::uint64_t cells = 0;
    for (CellIndex index = item; index != 0; index = cells_.next(index)) {
      if (!claimed.insert(index).second) return fmt::format("cell {} is used twice", index);
      if (index != item && cells_.kind(index) != CellKind::data) return "an item's cell is free";
      ++cells;
    }
    if (cells != needed) return "an item has not the cells for its size";
    if ((head.expires != 0) != (head.heap_position != 0)) return "an item misses in the heap";
    if (head.heap_position != 0 && parts_.heap[head.heap_position] != item) {
      return "the heap names another item";
    }
    std::string key;
    cells_.read(cells_.load(item), head.key_size, key);
    if (find(key, head.hash) != item) return "an item is not found by its key";
  }
  if (living != s.items) return fmt::format("{} items are listed, {} counted", living, s.items);
  for (std::uint32_t i = 2; i <= s.heap_size; ++i) {
    if (cells_.head(parts_.heap[i / 2]).expires > cells_.head(parts_.heap[i]).expires) {
      return "the heap is out of order";
    }
  }
  std::uint64_t free = 0;
  for (CellIndex index = s.free_list; index != 0; index = cells_.next(index), ++free) {
    if (cells_.kind(index) != CellKind::free || claimed.contains(index)) {
      return "a used cell is in the free list";
    }
    if (free > s.free_cells) break;
  }
  if (free != s.free_cells) return "the free list has not its length";
  if (free + claimed.size() + 1 != s.used) return "cells were lost";
  return {};
}

}  // namespace reprise::cache
