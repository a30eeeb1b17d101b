// The heap of what expires, nearest first: a shard's next expiry is known without looking for it,
// and removing costs a logarithm. (A timing wheel would be cheaper still, but has to know its
// horizon; expiry times here come from peers and applications.)
#include "cache/shard.hpp"

namespace reprise::cache {

void Shard::heap_place(std::uint32_t position, const HeapEntry& entry) {
  parts_.heap[position] = entry;
  std::atomic_ref(cells_.head(entry.item).heap_position).store(position, std::memory_order_relaxed);
}

void Shard::heap_up(std::uint32_t position) {
  const HeapEntry entry = parts_.heap[position];
  const std::uint32_t begin = position;
  while (position > 1 && parts_.heap[position / 2].expires > entry.expires) {
    heap_place(position, parts_.heap[position / 2]);
    position /= 2;
  }
  if (position != begin) heap_place(position, entry);
}

void Shard::heap_down(std::uint32_t position) {
  const std::uint32_t size = state().heap_size;
  const HeapEntry entry = parts_.heap[position];
  const std::uint32_t begin = position;
  for (;;) {
    std::uint32_t child = position * 2;
    if (child > size) break;
    if (child < size && parts_.heap[child + 1].expires < parts_.heap[child].expires) ++child;
    if (parts_.heap[child].expires >= entry.expires) break;
    heap_place(position, parts_.heap[child]);
    position = child;
  }
  if (position != begin) heap_place(position, entry);
}

// What stands there may be too early or too late for its place.
void Shard::heap_settle(std::uint32_t position) {
  const CellIndex item = parts_.heap[position].item;
  heap_up(position);
  heap_down(cells_.head(item).heap_position);
  publish_next_expiry();
}

void Shard::heap_add(CellIndex index) {
  const std::uint32_t position = ++state().heap_size;
  heap_place(position, {cells_.head(index).expires, index, 0});
  heap_up(position);
  publish_next_expiry();
}

// The place of an item that is going, if it has one, becomes that of its successor.
void Shard::heap_take_over(CellIndex old, CellIndex index) {
  const std::uint32_t position = cells_.head(old).heap_position;
  if (position == 0) return;
  std::atomic_ref(cells_.head(old).heap_position).store(0, std::memory_order_relaxed);
  heap_place(position, {cells_.head(index).expires, index, 0});
  heap_settle(position);
}

void Shard::heap_remove(CellIndex index) {
  const std::uint32_t position = cells_.head(index).heap_position;
  const HeapEntry last = parts_.heap[state().heap_size--];
  if (last.item != index) {
    heap_place(position, last);
    heap_settle(position);
  } else {
    publish_next_expiry();
  }
}

void Shard::publish_next_expiry() {
  const Expiry next = state().heap_size == 0 ? 0 : parts_.heap[1].expires;
  state().next_expiry.store(next, std::memory_order_relaxed);
}

}  // namespace reprise::cache
