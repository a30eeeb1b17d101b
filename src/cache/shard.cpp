#include <type_traits>

#include "cache/shard_change.hpp"

namespace reprise::cache {
namespace {

// A reader that is overtaken by writers this often takes the lock.
constexpr int lockless_tries = 16;

template <class T>
T relaxed(T& value) {
  return std::atomic_ref(value).load(std::memory_order_relaxed);
}

template <class T>
void relaxed(T& value, std::type_identity_t<T> next) {
  std::atomic_ref(value).store(next, std::memory_order_relaxed);
}

bool is_expired(Expiry expires, UnixSeconds now) {
  return expires != 0 && expires <= now;
}

}  // namespace

Shard::Shard(Parts parts, const Geometry& geometry)
    : parts_(parts),
      geometry_(geometry),
      cells_(*parts.state, parts.cells, geometry.cells_per_shard) {}

CellIndex& Shard::bucket(std::uint64_t hash) const {
  // The shard was chosen by the hash's upper bits.
  return parts_.buckets[hash & (geometry_.buckets_per_shard - 1)];
}

Shard::Found Shard::get(Bytes key, std::uint64_t hash, UnixSeconds now, Item* out) const {
  for (int i = 0; i < lockless_tries; ++i) {
    if (const auto found = try_get(key, hash, now, out)) return *found;
  }
  // Writers are busy, or one died half-way: its lock tells which.
  const auto held = state().mutex.lock_or_repair([this] { const_cast<Shard*>(this)->rebuild(); });
  return try_get(key, hash, now, out).value_or(Found::nothing);
}

std::optional<Shard::Found> Shard::try_get(Bytes key, std::uint64_t hash, UnixSeconds now,
                                           Item* out) const {
  const std::uint64_t sequence = state().sequence.load(std::memory_order_acquire);
  if ((sequence & 1) != 0) return {};
  const auto undisturbed = [&] {
    std::atomic_thread_fence(std::memory_order_acquire);
    return state().sequence.load(std::memory_order_relaxed) == sequence;
  };
  std::string payload;
  std::uint64_t steps = 0;
  for (CellIndex index = relaxed(bucket(hash)); index != 0; ++steps) {
    if (!cells_.in_range(index) || steps > geometry_.items_per_shard) return {};
    const Cell cell = cells_.load(index);
    const HeadCell& head = cell.head;
    if (head.hash == hash && head.key_size == key.size()) {
      const bool wanted = out != nullptr && !is_expired(head.expires, now);
      if (head.value_size > geometry_.blocksize) return {};
      const std::uint64_t size = head.key_size + (wanted ? head.value_size : 0ull);
      if (!cells_.read(cell, size, payload)) return {};
      if (Bytes(payload).substr(0, key.size()) == key) {
        if (!undisturbed()) return {};
        if (is_expired(head.expires, now)) return Found::expired;
        if (out != nullptr) *out = {payload.substr(key.size()), head.expires};
        return Found::item;
      }
    }
    index = head.bucket_next;
  }
  if (!undisturbed()) return {};
  return Found::nothing;
}

CellIndex Shard::find(Bytes key, std::uint64_t hash) const {
  for (CellIndex index = bucket(hash); index != 0; index = cells_.head(index).bucket_next) {
    if (cells_.head(index).hash == hash && cells_.key_is(index, key)) return index;
  }
  return 0;
}

Shard::Write Shard::set(Bytes key, std::uint64_t hash, Bytes value, Expiry expires, UnixSeconds now,
                        bool replace, Eviction eviction, ItemLimit& limit) {
  const Change change(*this);
  ItemLimit::Addition addition(limit, state());
  Write done;
  CellIndex old = find(key, hash);
  if (old != 0 && is_expired(cells_.head(old).expires, now)) {
    remove(old);
    state().expired.add();
    done.removed = 1;
    old = 0;
  }
  if (old != 0 && !replace) {
    done.result = SetResult::exists;
    return done;
  }
  const bool has_place = old != 0 || done.removed > 0 || addition.reserve();
  if (!make_room(key.size() + value.size(), has_place, now, eviction, done)) {
    done.result = SetResult::full;
    return done;
  }
  old = find(key, hash);  // making room may have taken it
  insert(cells_.write(key, value), hash, expires);
  if (old != 0) {
    remove(old);
  } else {
    addition.added();
  }
  return done;
}

bool Shard::make_room(std::uint64_t payload, bool reserved, UnixSeconds now, Eviction eviction,
                      Write& done) {
  const auto fits = [&] {
    return (reserved || done.removed > 0) && cells_.has_room(payload) &&
           state().heap_size < geometry_.items_per_shard && items() < geometry_.items_per_shard;
  };
  while (!fits()) {
    if (pop_expired(now, 1) == 1) {
      ++done.removed;
      continue;
    }
    if (eviction == Eviction::refuse || state().oldest == 0) return false;
    remove(state().oldest);
    state().evicted.add();
    ++done.removed;
    ++done.evicted;
  }
  return true;
}

void Shard::insert(CellIndex index, std::uint64_t hash, Expiry expires) {
  HeadCell& head = cells_.head(index);
  relaxed(head.hash, hash);
  relaxed(head.expires, expires);
  link_newest(index);
  if (expires != 0) heap_add(index);
  // From here on a rebuild keeps it, and what it replaces goes.
  std::atomic_ref(head.version).store(state().next_version++, std::memory_order_release);
  link_bucket(index);
  state().items.fetch_add(1, std::memory_order_relaxed);
}

void Shard::link_bucket(CellIndex index) {
  CellIndex& first = bucket(cells_.head(index).hash);
  relaxed(cells_.head(index).bucket_next, first);
  relaxed(first, index);
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

void Shard::remove(CellIndex index) {
  HeadCell& head = cells_.head(index);
  std::atomic_ref(head.version).store(0, std::memory_order_release);  // dead, whatever happens now
  unlink_bucket(index);
  unlink_age(index);
  if (head.heap_position != 0) heap_remove(index);
  cells_.release(index);
  state().items.fetch_sub(1, std::memory_order_relaxed);
}

void Shard::unlink_bucket(CellIndex index) {
  CellIndex* link = &bucket(cells_.head(index).hash);
  while (*link != index)
    link = &cells_.head(*link).bucket_next;
  relaxed(*link, cells_.head(index).bucket_next);
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

bool Shard::erase(Bytes key, std::uint64_t hash) {
  const Change change(*this);
  const CellIndex index = find(key, hash);
  if (index == 0) return false;
  remove(index);
  return true;
}

std::uint64_t Shard::clear() {
  const Change change(*this);
  std::uint64_t removed = 0;
  for (; state().oldest != 0; ++removed)
    remove(state().oldest);
  return removed;
}

bool Shard::has_expired(UnixSeconds now) const {
  return is_expired(state().next_expiry.load(std::memory_order_relaxed), now);
}

std::uint64_t Shard::sweep(UnixSeconds now, std::uint64_t budget) {
  if (!has_expired(now)) return 0;
  const Change change(*this);
  return pop_expired(now, budget);
}

std::uint64_t Shard::pop_expired(UnixSeconds now, std::uint64_t budget) {
  std::uint64_t removed = 0;
  while (removed < budget && state().heap_size > 0 &&
         is_expired(cells_.head(parts_.heap[1]).expires, now)) {
    remove(parts_.heap[1]);
    ++removed;
  }
  state().expired.add(removed);
  return removed;
}

std::optional<Shard::Write> Shard::evict_one(UnixSeconds now) {
  const Change change(*this);
  Write done;
  if (pop_expired(now, 1) == 1) {
    done.removed = 1;
    return done;
  }
  if (state().oldest == 0) return {};
  remove(state().oldest);
  state().evicted.add();
  done.removed = done.evicted = 1;
  return done;
}

}  // namespace reprise::cache
