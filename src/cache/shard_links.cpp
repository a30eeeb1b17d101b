// An item's way into the table, the order of age and the heap, and out of them.
#include "cache/shard_lock.hpp"

namespace reprise::cache {

// An item whose cells are filled comes to live.
void Shard::insert(CellIndex index) {
  HeadCell& head = cells_.head(index);
  state().blocks.fetch_add(blocks_of(head.value_size), std::memory_order_relaxed);
  // From here on a rebuild keeps it, and what it replaces goes.
  std::atomic_ref(head.version).store(state().next_version++, std::memory_order_release);
  link(index);
}

void Shard::link(CellIndex index) {
  link_newest(index);
  if (cells_.head(index).expires != 0) heap_add(index);
  link_bucket(index);
  state().items.fetch_add(1, std::memory_order_relaxed);
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
  state().items.fetch_sub(1, std::memory_order_relaxed);
  state().blocks.fetch_sub(blocks, std::memory_order_relaxed);
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
