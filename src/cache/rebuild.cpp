// Putting a shard in order from its cells alone: after a process died while changing it, and when a
// store file is opened. Of a store nothing is believed; what is not sound is as if it were free.
#include <algorithm>

#include "cache/checksum.hpp"
#include "cache/shard_lock.hpp"

namespace reprise::cache {
namespace {

// Hashes are keyed: only a made-up store file has more items in one bucket.
constexpr int longest_chain = 64;

constexpr std::uint64_t greatest_version = std::uint64_t{1} << 62;

}  // namespace

// True if this is an item as put() completes it. Its cells are `claimed` then.
bool Shard::is_sound(CellIndex item, std::vector<bool>& claimed) {
  const Cell cell = cells_.load(item);
  const HeadCell& head = cell.head;
  if (kind_of(cell.link) != CellKind::head || claimed[item]) return false;
  if (head.version == 0 || head.version > greatest_version) return false;
  if (head.key_size == 0 || head.key_size > geometry_.keysize) return false;
  if (head.value_size == 0 || head.value_size > geometry_.largest_value) return false;
  std::uint64_t needed = Cells::needed(head.key_size + std::uint64_t{head.value_size});
  for (CellIndex index = link_of(cell.link); index != 0; index = cells_.next(index)) {
    if (index >= cells_.used() || cells_.kind(index) != CellKind::data || claimed[index]) {
      return false;
    }
    if (--needed == 0) return false;  // also ends a ring
  }
  if (needed != 1) return false;
  const Preamble& preamble = parts_.header->preamble;
  if (preamble.has_checksums != 0) {
    std::string payload(head.key_size + std::size_t{head.value_size}, '\0');
    if (!Cells::Payload(cells_, cell).copy(payload.data(), payload.size())) return false;
    const Bytes key = Bytes(payload).substr(0, head.key_size);
    const std::uint64_t hash = siphash(key, preamble.secret);
    if (head.hash != static_cast<std::uint32_t>(hash)) return false;
    const Bytes value = Bytes(payload).substr(head.key_size);
    if (head.checksum != checksum_of(hash, head, value, preamble.secret)) return false;
  }
  for (CellIndex index = item; index != 0; index = cells_.next(index))
    claimed[index] = true;
  return true;
}

// The items that were complete when the last writer died, oldest first. What was being written or
// erased is not among them.
std::vector<CellIndex> Shard::living_items(std::vector<bool>& claimed) {
  std::vector<CellIndex> found;
  for (CellIndex index = 1; index < cells_.used(); ++index) {
    if (is_sound(index, claimed)) found.push_back(index);
  }
  std::sort(found.begin(), found.end(), [this](CellIndex a, CellIndex b) {
    return cells_.head(a).version < cells_.head(b).version;
  });
  return found;
}

void Shard::examine(const std::function<void(const ItemFacts&)>& show) {
  std::vector<bool> claimed(cells_.used(), false);
  for (CellIndex index = 1; index < cells_.used(); ++index) {
    if (is_sound(index, claimed)) show(facts_of(cells_.load(index)));
  }
}

void Shard::free_all_but(const std::vector<bool>& claimed) {
  ShardState& s = state();
  s.free_list = 0;
  s.free_cells = 0;
  std::uint64_t in_use = 0;
  for (CellIndex index = s.used - 1; index > 0; --index) {
    if (claimed[index]) {
      ++in_use;
    } else {
      cells_.mark_free(index);
    }
  }
  s.cells.store(in_use, std::memory_order_relaxed);
}

// True if `item` may be linked: what it replaces is gone.
bool Shard::replaces_older(CellIndex item) {
  const Cell cell = cells_.load(item);
  std::string key(cell.head.key_size, '\0');
  Cells::Payload(cells_, cell).copy(key.data(), key.size());
  if (const CellIndex older = find(key, cell.head.hash)) discard(older);
  int length = 0;
  for (CellIndex index = bucket(cell.head.hash); index != 0 && length < longest_chain; ++length) {
    index = cells_.head(index).bucket_next;
  }
  return length < longest_chain && items() < geometry_.items_per_shard;
}

void Shard::relink(const std::vector<CellIndex>& items) {
  ShardState& s = state();
  for (std::uint64_t i = 0; i < geometry_.buckets_per_shard; ++i) {
    if (parts_.buckets[i] != 0) relaxed(parts_.buckets[i], 0);
  }
  s.oldest = s.newest = 0;
  s.heap_size = 0;
  s.items.store(0, std::memory_order_relaxed);
  s.blocks.store(0, std::memory_order_relaxed);
  for (const CellIndex item : items) {
    HeadCell& head = cells_.head(item);
    if (!replaces_older(item)) {
      cells_.release(item);
      continue;
    }
    relaxed(head.heap_position, 0);
    add(s.blocks, blocks_of(head.value_size));
    link(item);
  }
  if (!items.empty()) {
    s.next_version = std::max(s.next_version, cells_.head(items.back()).version + 1);
  }
  publish_next_expiry();
}

void Shard::rebuild() {
  ShardState& s = state();
  s.sequence.store(s.sequence.load(std::memory_order_relaxed) | 1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  s.repaired.add();
  parts_.header->uncertain.store(1, std::memory_order_relaxed);
  const std::uint64_t begin = ticks();
  std::vector<bool> claimed(s.used, false);
  const std::vector<CellIndex> items = living_items(claimed);
  free_all_but(claimed);
  relink(items);
  if (ticks() - begin > s.longest_repair.get()) s.longest_repair.set(ticks() - begin);
  s.sequence.fetch_add(1, std::memory_order_release);
}

// The checksums do not cover versions, so a damaged store can have one twice, or one that leaves no
// room for those to come. None grows by this, so whoever is stopped in the middle leaves the order.
void Shard::number_anew(const std::vector<CellIndex>& items) {
  std::uint64_t version = 0;
  for (const CellIndex item : items)
    relaxed(cells_.head(item).version, ++version);
}

std::uint64_t Shard::recover(CellIndex used, UnixSeconds now) {
  ShardState& s = *::new (static_cast<void*>(parts_.state)) ShardState;
  s.used = std::clamp<CellIndex>(used, 1, cells_.count());
  std::vector<bool> claimed(s.used, false);
  std::vector<CellIndex> items = living_items(claimed);
  std::erase_if(items, [&](CellIndex item) {
    if (!is_expired(cells_.head(item).expires, now)) return false;
    for (CellIndex index = item; index != 0; index = cells_.next(index))
      claimed[index] = false;
    return true;
  });
  free_all_but(claimed);
  number_anew(items);
  relink(items);
  return s.items;
}

}  // namespace reprise::cache
