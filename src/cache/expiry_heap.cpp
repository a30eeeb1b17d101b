// The heap of what expires, nearest first: a shard's next expiry is known without looking for it,
// and removing costs a logarithm. (A timing wheel would be cheaper still, but has to know its
// horizon; expiry times here come from peers and applications.)
#include <utility>

#include "cache/shard.hpp"

namespace reprise::cache {

void Shard::heap_place(std::uint32_t position, CellIndex index) {
  parts_.heap[position] = index;
  std::atomic_ref(cells_.head(index).heap_position).store(position, std::memory_order_relaxed);
}

void Shard::heap_up(std::uint32_t position) {
  const CellIndex index = parts_.heap[position];
  const Expiry expires = cells_.head(index).expires;
  while (position > 1 && cells_.head(parts_.heap[position / 2]).expires > expires) {
    heap_place(position, parts_.heap[position / 2]);
    position /= 2;
  }
  heap_place(position, index);
}

void Shard::heap_down(std::uint32_t position) {
  const std::uint32_t size = state().heap_size;
  const CellIndex index = parts_.heap[position];
  const Expiry expires = cells_.head(index).expires;
  for (;;) {
    std::uint32_t child = position * 2;
    if (child > size) break;
    if (child < size &&
        cells_.head(parts_.heap[child + 1]).expires < cells_.head(parts_.heap[child]).expires) {
      ++child;
    }
    if (cells_.head(parts_.heap[child]).expires >= expires) break;
    heap_place(position, parts_.heap[child]);
    position = child;
  }
  heap_place(position, index);
}

void Shard::heap_add(CellIndex index) {
  const std::uint32_t position = ++state().heap_size;
  heap_place(position, index);
  heap_up(position);
  publish_next_expiry();
}

void Shard::heap_remove(CellIndex index) {
  const std::uint32_t position = cells_.head(index).heap_position;
  const CellIndex last = parts_.heap[state().heap_size--];
  if (last != index) {
    heap_place(position, last);
    heap_up(position);
    heap_down(cells_.head(last).heap_position);
  }
  publish_next_expiry();
}

void Shard::publish_next_expiry() {
  const Expiry next = state().heap_size == 0 ? 0 : cells_.head(parts_.heap[1]).expires;
  state().next_expiry.store(next, std::memory_order_relaxed);
}

}  // namespace reprise::cache
