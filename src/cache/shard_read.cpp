#include "cache/shard_lock.hpp"

namespace reprise::cache {
namespace {

// A reader that is overtaken by writers this often takes the lock.
constexpr int lockless_tries = 16;

}  // namespace

Shard::Shard(Parts parts, const Geometry& geometry)
    : parts_(parts),
      geometry_(geometry),
      item_limit_(parts.header->items, geometry.max_items - 1),
      block_limit_(parts.header->blocks, geometry.blocks),
      cells_(*parts.state, parts.cells, geometry.cells_per_shard, parts.space) {}

CellIndex& Shard::bucket(std::uint32_t hash) const {
  return parts_.buckets[hash & (geometry_.buckets_per_shard - 1)];
}

Shard::Found Shard::get(Bytes key, std::uint64_t hash, UnixSeconds now, Item* out,
                        Counting counting) const {
  for (int i = 0; i < lockless_tries; ++i) {
    if (const auto found = try_get(key, hash, now, out, counting)) return *found;
  }
  // Writers are busy, or one died half-way: its lock tells which.
  const Hold hold(const_cast<Shard&>(*this));
  return try_get(key, hash, now, out, counting).value_or(Found::nothing);
}

// What is loaded may be of several moments, and is used only if nothing was changed meanwhile.
std::optional<Shard::Found> Shard::try_get(Bytes key, std::uint64_t hash, UnixSeconds now,
                                           Item* out, Counting counting) const {
  const std::uint64_t sequence = state().sequence.load(std::memory_order_acquire);
  if ((sequence & 1) != 0) return {};
  const auto undisturbed = [&] {
    std::atomic_thread_fence(std::memory_order_acquire);
    return state().sequence.load(std::memory_order_relaxed) == sequence;
  };
  const auto short_hash = static_cast<std::uint32_t>(hash);
  std::uint64_t steps = 0;
  for (CellIndex index = relaxed(bucket(short_hash)); index != 0; ++steps) {
    if (!cells_.in_range(index) || steps > geometry_.items_per_shard) return {};
    cells_.expect(index);
    const Cell cell = cells_.load(index);
    const HeadCell& head = cell.head;
    if (head.hash == short_hash && head.key_size == key.size()) {
      Cells::Payload payload(cells_, cell);
      if (payload.skip_equal(key)) {
        if (is_expired(head.expires, now)) {
          if (undisturbed()) return Found::expired;
          return {};
        }
        if (out != nullptr && (head.flags & item_flags::ungettable) == 0) {
          if (head.value_size > geometry_.largest_value) return {};
          out->value.resize(head.value_size);
          if (!payload.copy(out->value.data(), head.value_size)) return {};
          out->expires = head.expires;
          out->flags = head.flags;
        }
        if (!undisturbed()) return {};
        if ((head.flags & item_flags::ungettable) != 0 && out != nullptr) return Found::ungettable;
        if (out != nullptr && counting == Counting::on) count_hit(index, head);
        return Found::item;
      }
    }
    index = head.bucket_next;
  }
  if (!undisturbed()) return {};
  return Found::nothing;
}

// The cell may have become another item's, or part of a value, since it was read: the hit is
// counted only if hash and hits still stand there as one word. Hashes are keyed with a secret, so
// nobody can make a value look like one. A hit that somebody else's overtakes is lost.
void Shard::count_hit(CellIndex index, const HeadCell& seen) const {
  HeadCell next = seen;
  if (++next.hits == 0) return;
  Cell before, after;
  before.head = seen;
  after.head = next;
  std::atomic_ref(cells_.hash_and_hits(index))
      .compare_exchange_strong(before.words[hash_word], after.words[hash_word],
                               std::memory_order_relaxed);
}

// Under the lock.
CellIndex Shard::find(Bytes key, std::uint32_t hash) const {
  for (CellIndex index = bucket(hash); index != 0; index = cells_.head(index).bucket_next) {
    cells_.expect(index);
    const HeadCell& head = cells_.head(index);
    if (relaxed(cells_.head(index).hash) != hash || head.key_size != key.size()) continue;
    if (Cells::Payload(cells_, cells_.load(index)).skip_equal(key)) return index;
  }
  return 0;
}

bool Shard::has_expired(UnixSeconds now) const {
  return is_expired(state().next_expiry.load(std::memory_order_relaxed), now);
}

ItemFacts Shard::facts_of(const Cell& cell) const {
  const HeadCell& head = cell.head;
  ItemFacts facts;
  facts.key.resize(head.key_size);
  Cells::Payload(cells_, cell).copy(facts.key.data(), head.key_size);
  facts.value_size = head.value_size;
  facts.expires = head.expires;
  facts.written = head.written;
  facts.hits = head.hits;
  facts.flags = head.flags;
  return facts;
}

bool Shard::list(std::uint64_t& next, std::uint64_t buckets, std::vector<ItemFacts>& out) {
  const Hold hold(*this);
  const std::uint64_t end = std::min(next + buckets, geometry_.buckets_per_shard);
  for (; next < end; ++next) {
    for (CellIndex index = parts_.buckets[next]; index != 0;) {
      const Cell cell = cells_.load(index);
      out.push_back(facts_of(cell));
      index = cell.head.bucket_next;
    }
  }
  return next < geometry_.buckets_per_shard;
}

UnixSeconds Shard::oldest_written() {
  const Hold hold(*this);
  return state().oldest == 0 ? 0 : cells_.head(state().oldest).written;
}

std::uint64_t Shard::next_version() const {
  const Hold hold(const_cast<Shard&>(*this));
  return state().next_version;
}

}  // namespace reprise::cache
