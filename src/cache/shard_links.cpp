// An item's way into the table, the order of age and the heap, and out of them.
#include "cache/shard_lock.hpp"

namespace reprise::cache {

// An item's neighbours lie anywhere: they are asked for while its successor is being written.
void Shard::expect_neighbours(CellIndex index) const {
  const HeadCell& head = cells_.head(index);
  __builtin_prefetch(&cells_.head(head.older), 1);
  __builtin_prefetch(&cells_.head(head.newer), 1);
  __builtin_prefetch(parts_.heap + head.heap_position, 1);
  __builtin_prefetch(parts_.heap + head.heap_position / 2);
  __builtin_prefetch(parts_.heap + std::size_t{2} * head.heap_position);
}

// An item whose cells are filled comes to live. `old` (if not 0) will be discarded.
void Shard::insert(CellIndex index, CellIndex old) {
  HeadCell& head = cells_.head(index);
  add(state().blocks, blocks_of(head.value_size));
  // From here on a rebuild keeps it, and what it replaces goes.
  std::atomic_ref(head.version).store(state().next_version++, std::memory_order_release);
  if (old != 0 && head.expires != 0) heap_take_over(old, index);
  link(index);
}

void Shard::link(CellIndex index) {
  link_newest(index);
  const HeadCell& head = cells_.head(index);
  if (head.expires != 0 && head.heap_position == 0) heap_add(index);
  link_bucket(index);
  add(state().items, 1);
}

void Shard::remove(CellIndex index) {
  const std::uint64_t blocks = blocks_of(cells_.head(index).value_size);
  discard(index);
  item_limit_.give_back(1);
  if (blocks != 0) block_limit_.give_back(blocks);
}

void Shard::discard(CellIndex index) {
  HeadCell& head = cells_.head(index);
  const std::uint64_t blocks = blocks_of(head.value_size);
  std::atomic_ref(head.version).store(0, std::memory_order_release);  // dead, whatever happens now
  unlink_bucket(index);
  unlink_age(index);
  if (head.heap_position != 0) heap_remove(index);
  cells_.release(index);
  subtract(state().items, 1);
  subtract(state().blocks, blocks);
}

void Shard::link_bucket(CellIndex index) {
  CellIndex& first = bucket(relaxed(cells_.head(index).hash));
  relaxed(cells_.head(index).bucket_next, first);
  relaxed(first, index);
}

void Shard::unlink_bucket(CellIndex index) {
  CellIndex* link = &bucket(relaxed(cells_.head(index).hash));
  while (*link != index)
    link = &cells_.head(*link).bucket_next;
  relaxed(*link, cells_.head(index).bucket_next);
}

void Shard::link_newest(CellIndex index) {
  const CellIndex before = state().newest;
  relaxed(cells_.head(index).older, before);
  relaxed(cells_.head(index).newer, 0);
  if (before != 0) {
    relaxed(cells_.head(before).newer, index);
  } else {
    state().oldest = index;
  }
  state().newest = index;
}

void Shard::unlink_age(CellIndex index) {
  const HeadCell& head = cells_.head(index);
  if (head.older != 0) {
    relaxed(cells_.head(head.older).newer, head.newer);
  } else {
    state().oldest = head.newer;
  }
  if (head.newer != 0) {
    relaxed(cells_.head(head.newer).older, head.older);
  } else {
    state().newest = head.older;
  }
}

}  // namespace reprise::cache
