// A set, and what happens when it finds the cache full (spec/cache/cache.md 4.3).
#include <cerrno>
#include <system_error>

#include "base/log.hpp"
#include "cache/cache_impl.hpp"
#include "cache/shard_lock.hpp"

namespace reprise::cache {

// Nothing if it is not to be stored.
std::optional<Shard::NewItem> Cache::Impl::checked(Bytes key, Bytes value, Expiry expires,
                                                   UnixSeconds now, std::uint16_t flags) const {
  if (key.empty() || value.empty() || key.size() > geometry_.keysize ||
      value.size() > geometry_.largest_value) {
    return std::nullopt;
  }
  if (settings_.expiring == Expiring::off) expires = 0;
  return Shard::NewItem{key, hash(key), value, expires, now, flags};
}

SetResult Cache::Impl::write(Bytes key, Bytes value, Expiry expires, UnixSeconds now,
                             std::uint16_t flags, bool replace) {
  const auto item = checked(key, value, expires, now, flags);
  if (!item) return SetResult::invalid;
  return write_with_room(item->hash, now, [&](Shard& place, Shard::MakeRoom room) {
    return place.set(*item, replace, room);
  });
}

SetResult Cache::Impl::write_if_free(Bytes key, Bytes value, Expiry expires, UnixSeconds now,
                                     std::uint16_t flags) {
  const auto item = checked(key, value, expires, now, flags);
  if (!item) return SetResult::invalid;
  if (header().uncertain.load(std::memory_order_relaxed) != 0) count_again();
  Shard& place = shard(item->hash);
  place.expect(item->hash);
  constexpr auto room = Shard::MakeRoom::of_expired;
  SetResult result = place.set(*item, /*replace=*/false, room).result;
  std::uint64_t evicted = 0;  // stays so: what has expired is no eviction
  while (result == SetResult::full && remove_elsewhere(index(item->hash), now, room, evicted))
    result = place.set(*item, /*replace=*/false, room).result;
  if (result != SetResult::full) modified(now);
  return result;
}

SetResult Cache::Impl::change(Bytes key, const Arithmetic& change, Expiry expires, UnixSeconds now,
                              std::int64_t& result) {
  if (key.empty() || key.size() > geometry_.keysize || geometry_.largest_value < sizeof result) {
    return SetResult::invalid;
  }
  if (settings_.expiring == Expiring::off) expires = 0;
  const Shard::NewItem item{key, hash(key), {}, expires, now, 0};
  return write_with_room(item.hash, now, [&](Shard& place, Shard::MakeRoom room) {
    return place.arithmetic(item, change, settings_.math_initial, room, result);
  });
}

Shard::MakeRoom Cache::Impl::room_at_first() const {
  // Whether a sweep is due is to be known before anything makes room.
  if (settings_.sweep_on_full.count() > 0) return Shard::MakeRoom::nothing;
  return room_at_last();
}

Shard::MakeRoom Cache::Impl::room_at_last() const {
  return settings_.eviction == Eviction::refuse ? Shard::MakeRoom::of_expired
                                                : Shard::MakeRoom::of_expired_and_oldest;
}

// Runs `write` on the shard of `hash`, and again after room was made in one way after the other.
template <class F>
SetResult Cache::Impl::write_with_room(std::uint64_t hash, UnixSeconds now, F&& write) {
  if (header().uncertain.load(std::memory_order_relaxed) != 0) count_again();
  Shard& place = shard(hash);
  place.expect(hash);
  Shard::Write done = write(place, room_at_first());
  std::uint64_t evicted = done.evicted;
  bool was_full = evicted > 0;
  const auto again = [&](Shard::MakeRoom room) {
    done = write(place, room);
    evicted += done.evicted;
  };
  bool swept = false;
  if (done.result == SetResult::full && settings_.sweep_on_full.count() > 0) {
    was_full = true;
    swept = sweep_on_full(now);
    again(room_at_last());
  }
  while (done.result == SetResult::full &&
         remove_elsewhere(index(hash), now, room_at_last(), evicted)) {
    again(room_at_last());
  }
  if (done.result == SetResult::full && settings_.clear_on_full && !swept) {
    was_full = true;
    for (ClearCursor cursor; clear(cursor, now);) {
    }
    again(room_at_last());
  }
  if (was_full || evicted > 0 || done.result == SetResult::full) {
    place.state().full.add();
    say_full(now);
  }
  if (done.result != SetResult::full) modified(now);  // also if the key exists, as in the original
  return done.result;
}

// True if something was freed.
bool Cache::Impl::sweep_on_full(UnixSeconds now) {
  const auto period = static_cast<std::uint64_t>(settings_.sweep_on_full.count());
  std::uint64_t last = header().swept_full_at.load(std::memory_order_relaxed);
  if (last != 0 && now < last + period) return false;
  if (!header().swept_full_at.compare_exchange_strong(last, now, std::memory_order_relaxed)) {
    return false;  // another process is at it
  }
  return sweep(now, geometry_.max_items).freed > 0;
}

// One item of another shard: an expired one if any shard has one, else the oldest of the next that
// has any. False if there is nothing to remove.
bool Cache::Impl::remove_elsewhere(std::size_t from, UnixSeconds now, Shard::MakeRoom room,
                                   std::uint64_t& evicted) {
  const auto remove_one = [&](Shard& shard, Shard::MakeRoom what) {
    const auto done = shard.remove_one(now, what);
    if (done) evicted += done->evicted;
    return done.has_value();
  };
  for (Shard& shard : shards_) {
    if (shard.has_expired(now) && remove_one(shard, Shard::MakeRoom::of_expired)) return true;
  }
  if (room != Shard::MakeRoom::of_expired_and_oldest) return false;
  for (std::size_t i = 1; i < shards_.size(); ++i) {
    Shard& shard = shards_[(from + i) % shards_.size()];
    if (shard.items() > 0 && remove_one(shard, room)) return true;
  }
  return false;
}

void Cache::Impl::say_full(UnixSeconds now) {
  if (settings_.ignore_full) return;
  std::uint64_t said = header().said_full_at.load(std::memory_order_relaxed);
  if (said == now ||
      !header().said_full_at.compare_exchange_strong(said, now, std::memory_order_relaxed)) {
    return;
  }
  if (settings_.eviction == Eviction::least_recently_used) {
    log::line("LRU item will be purged from cache \"{}\"", settings_.name);
  } else {
    log::line("*** DANGER cache \"{}\" is FULL !!! ***", settings_.name);
  }
}

void Cache::Impl::modified(UnixSeconds now) {
  if (settings_.last_modified) header().last_modified.store(now, std::memory_order_relaxed);
}

// Makes the limits exact again after a process died: nobody adds or removes while all shards are
// held.
void Cache::Impl::count_again() {
  std::vector<std::unique_ptr<Shard::Hold>> held;
  std::uint64_t items = 0, blocks = 0;
  for (Shard& shard : shards_) {
    held.push_back(std::make_unique<Shard::Hold>(shard));
    items += shard.items();
    blocks += shard.blocks();
  }
  header().items.store(items, std::memory_order_relaxed);
  header().blocks.store(blocks, std::memory_order_relaxed);
  header().uncertain.store(0, std::memory_order_relaxed);
}

}  // namespace reprise::cache
