#include <cstring>

#include "cache/checksum.hpp"
#include "cache/shard_lock.hpp"

namespace reprise::cache {

Shard::Write Shard::set(const NewItem& item, bool replace, MakeRoom room) {
  const Change change(*this);
  Write done;
  const auto hash = static_cast<std::uint32_t>(item.hash);
  const CellIndex old = drop_expired(find(item.key, hash), item.now, done);
  if (old != 0 && !replace) {
    done.result = SetResult::exists;
    return done;
  }
  const Write put_done = put(item, old, room);
  done.result = put_done.result;
  done.removed += put_done.removed;
  done.evicted += put_done.evicted;
  return done;
}

Shard::Write Shard::arithmetic(NewItem item, const Arithmetic& operation, std::int64_t initial,
                               MakeRoom room, std::int64_t& result) {
  const Change change(*this);
  Write done;
  const auto hash = static_cast<std::uint32_t>(item.hash);
  const CellIndex old = drop_expired(find(item.key, hash), item.now, done);
  std::int64_t before = initial;
  if (old != 0) {
    before = 0;  // of a shorter value, what is missing
    const Cell cell = cells_.load(old);
    Cells::Payload payload(cells_, cell);
    payload.skip_equal(item.key);
    payload.copy(reinterpret_cast<char*>(&before),
                 std::min<std::size_t>(sizeof before, cell.head.value_size));
    item.expires = cell.head.expires;
  }
  result = apply(operation, before);
  item.value = {reinterpret_cast<const char*>(&result), sizeof result};
  const Write put_done = put(item, old, room);
  done.result = put_done.result;
  done.removed += put_done.removed;
  done.evicted += put_done.evicted;
  return done;
}

CellIndex Shard::drop_expired(CellIndex index, UnixSeconds now, Write& done) {
  if (index == 0 || !is_expired(cells_.head(index).expires, now)) return index;
  remove(index);
  state().expired.add();
  ++done.removed;
  return 0;
}

std::uint64_t Shard::blocks_of(std::uint64_t value_size) const {
  if (geometry_.blocks == 0) return 0;
  return (value_size + geometry_.blocksize - 1) / geometry_.blocksize;
}

// `old` is the living item of that key, which this one replaces; 0: none.
Shard::Write Shard::put(const NewItem& item, CellIndex old, MakeRoom room) {
  Write done;
  while (!has_place(item, old)) {
    if (!make_place(item, old, room, done)) {
      done.result = SetResult::full;
      return done;
    }
  }
  HeadCell head;
  head.written = static_cast<std::uint32_t>(item.now);
  head.expires = item.expires;
  head.flags = item.flags;
  head.hash = static_cast<std::uint32_t>(item.hash);
  if (old != 0) head.hits = relaxed(cells_.head(old).hits);
  const Preamble& preamble = parts_.header->preamble;
  if (preamble.has_checksums != 0) {
    head.checksum = checksum_of(item.hash, head, item.value, preamble.secret);
  }
  if (old != 0) expect_neighbours(old);
  insert(cells_.write(head, item.key, item.value), old);
  if (old == 0) return done;
  const std::uint64_t had_blocks = blocks_of(cells_.head(old).value_size);
  const std::uint64_t blocks = blocks_of(item.value.size());
  discard(old);
  if (had_blocks > blocks) block_limit_.give_back(had_blocks - blocks);
  return done;
}

// Takes what the item needs of the limits beyond what it replaces.
bool Shard::has_place(const NewItem& item, CellIndex old) {
  if (!cells_.has_room(item.key.size() + item.value.size())) return false;
  if (old == 0 && items() >= geometry_.items_per_shard) return false;
  const std::uint64_t had_blocks = old == 0 ? 0 : blocks_of(cells_.head(old).value_size);
  const std::uint64_t blocks = blocks_of(item.value.size());
  if (blocks > had_blocks && !block_limit_.take(blocks - had_blocks)) return false;
  if (old == 0 && !item_limit_.take(1)) {
    if (blocks > had_blocks) block_limit_.give_back(blocks - had_blocks);
    return false;
  }
  return true;
}

bool Shard::make_place(const NewItem& item, CellIndex old, MakeRoom room, Write& done) {
  if (room == MakeRoom::nothing) return false;
  if (pop_expired(item.now, 1) == 1) {
    ++done.removed;
    return true;
  }
  CellIndex victim = state().oldest;
  if (victim == old && victim != 0) victim = cells_.head(old).newer;
  if (room == MakeRoom::of_expired || victim == 0) return false;
  remove(victim);
  state().evicted.add();
  ++done.removed;
  ++done.evicted;
  return true;
}

bool Shard::erase(Bytes key, std::uint64_t hash) {
  const Change change(*this);
  const CellIndex index = find(key, static_cast<std::uint32_t>(hash));
  if (index == 0) return false;
  remove(index);
  return true;
}

bool Shard::erase_expired(Bytes key, std::uint64_t hash, UnixSeconds now) {
  const Change change(*this);
  Write done;
  drop_expired(find(key, static_cast<std::uint32_t>(hash)), now, done);
  return done.removed > 0;
}

Shard::Found Shard::touch(Bytes key, std::uint64_t hash, UnixSeconds now, Item* out) {
  const Hold hold(*this);
  const Found found = try_get(key, hash, now, out, Counting::on).value_or(Found::nothing);
  if (found != Found::item) return found;
  const CellIndex index = find(key, static_cast<std::uint32_t>(hash));
  if (index == state().newest) return found;
  unlink_age(index);
  link_newest(index);
  relaxed(cells_.head(index).version, state().next_version++);
  return found;
}

std::uint64_t Shard::clear(std::uint64_t version, std::uint64_t budget) {
  const Change change(*this);
  std::uint64_t removed = 0;
  while (removed < budget && state().oldest != 0 && cells_.head(state().oldest).version < version) {
    remove(state().oldest);
    ++removed;
  }
  return removed;
}

std::uint64_t Shard::sweep(UnixSeconds now, std::uint64_t budget) {
  if (!has_expired(now)) return 0;
  const Change change(*this);
  return pop_expired(now, budget);
}

std::uint64_t Shard::pop_expired(UnixSeconds now, std::uint64_t budget) {
  std::uint64_t removed = 0;
  while (removed < budget && state().heap_size > 0 && is_expired(parts_.heap[1].expires, now)) {
    remove(parts_.heap[1].item);
    ++removed;
  }
  state().expired.add(removed);
  return removed;
}

std::optional<Shard::Write> Shard::remove_one(UnixSeconds now, MakeRoom room) {
  const Change change(*this);
  Write done;
  if (make_place({{}, 0, {}, 0, now, 0}, /*old=*/0, room, done)) return done;
  return {};
}

}  // namespace reprise::cache
