#include "cache/cache.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <new>

#include "cache/cache_impl.hpp"
#include "cache/checksum.hpp"
#include "cache/shard_lock.hpp"

namespace reprise::cache {
namespace {

// What is done under one lock of what may be much.
constexpr std::uint64_t items_under_one_lock = 64;
constexpr std::uint64_t buckets_under_one_lock = 64;

bool is_file(int fd, const std::string& path) {
  struct stat given {};
  struct stat named {};
  return ::fstat(fd, &given) == 0 && ::stat(path.c_str(), &named) == 0 &&
         given.st_dev == named.st_dev && given.st_ino == named.st_ino;
}

}  // namespace

Cache::Impl::Impl(const Settings& settings, const Geometry& geometry, shm::Region region)
    : settings_(settings),
      geometry_(geometry),
      offsets_(offsets_of(geometry)),
      region_(std::move(region)) {
  std::byte* base = region_.data();
  auto* states = reinterpret_cast<ShardState*>(base + offsets_.states);
  shards_.reserve(geometry_.shards);
  for (std::size_t i = 0; i < geometry_.shards; ++i) {
    std::byte* shard = base + offsets_.shards + i * offsets_.shard_size;
    shards_.emplace_back(
        Shard::Parts{&header(), states + i, reinterpret_cast<CellIndex*>(shard),
                     reinterpret_cast<HeapEntry*>(shard + offsets_.heap),
                     reinterpret_cast<Cell*>(shard + offsets_.cells), disk_space(shard)},
        geometry_);
  }
}

void Cache::Impl::lay_out(const Geometry& geometry, bool has_checksums, shm::Region& region) {
  const Offsets offsets = offsets_of(geometry);
  auto* states = reinterpret_cast<ShardState*>(region.data() + offsets.states);
  for (std::size_t i = 0; i < geometry.shards; ++i)
    ::new (static_cast<void*>(states + i)) ShardState;
  auto* header = ::new (static_cast<void*>(region.data())) Header;
  Preamble preamble;
  if (::getrandom(preamble.secret.data(), sizeof preamble.secret, 0) !=
      static_cast<ssize_t>(sizeof preamble.secret)) {
    throw std::system_error(errno, std::system_category(), "getrandom()");
  }
  preamble.magic = magic;
  preamble.version = layout_version;
  preamble.geometry = geometry;
  preamble.has_checksums = has_checksums ? 1 : 0;
  header->ticks = TickScale::begin();
  header->preamble_checksum = checksum_of(preamble);
  preamble.magic = 0;
  header->preamble = preamble;
  // Last, so that a store whose making was interrupted is not taken for one.
  std::atomic_ref(header->preamble.magic).store(magic, std::memory_order_release);
}

bool Cache::Impl::get(Bytes key, UnixSeconds now, Item& into, Miss* why) {
  const std::uint64_t h = hash(key);
  Shard& place = shard(h);
  const Shard::Found found = settings_.eviction == Eviction::least_recently_used
                                 ? place.touch(key, h, now, &into)
                                 : place.get(key, h, now, &into);
  if (found == Shard::Found::item) {
    place.state().hits.add();
    return true;
  }
  if (why != nullptr) *why = found == Shard::Found::expired ? Miss::expired : Miss::unknown;
  if (found == Shard::Found::ungettable) return false;
  place.state().miss.add();
  if (found == Shard::Found::expired) expired_on_lookup(key, h, now);
  return false;
}

bool Cache::Impl::peek(Bytes key, UnixSeconds now, Item& into) {
  const std::uint64_t h = hash(key);
  return shard(h).get(key, h, now, &into, Shard::Counting::off) == Shard::Found::item;
}

bool Cache::Impl::exists(Bytes key, UnixSeconds now) {
  const std::uint64_t h = hash(key);
  const Shard::Found found = shard(h).get(key, h, now, nullptr);
  if (found == Shard::Found::expired) expired_on_lookup(key, h, now);
  return found == Shard::Found::item;
}

bool Cache::Impl::expired_on_lookup(Bytes key, std::uint64_t hash, UnixSeconds now) {
  if (settings_.expiring != Expiring::lookups) return false;
  if (!shard(hash).erase_expired(key, hash, now)) return false;
  modified(now);
  return true;
}

bool Cache::Impl::erase(Bytes key) {
  const std::uint64_t h = hash(key);
  if (!shard(h).erase(key, h)) return false;
  modified(unix_now());
  return true;
}

bool Cache::Impl::clear(ClearCursor& cursor, UnixSeconds now) {
  Shard& shard = shards_[cursor.shard];
  if (cursor.before == 0) cursor.before = shard.next_version();
  if (shard.clear(cursor.before, items_under_one_lock) < items_under_one_lock) {
    ++cursor.shard;
    cursor.before = 0;
  }
  if (cursor.shard < shards_.size()) return true;
  modified(now);
  return false;
}

bool Cache::Impl::keys(KeyCursor& cursor, std::vector<ItemFacts>& out) {
  if (cursor.shard >= shards_.size()) return false;
  if (!shards_[cursor.shard].list(cursor.bucket, buckets_under_one_lock, out)) {
    ++cursor.shard;
    cursor.bucket = 0;
  }
  return cursor.shard < shards_.size();
}

SweepSlice Cache::Impl::sweep(UnixSeconds now, std::uint64_t budget) {
  SweepSlice slice;
  for (Shard& shard : shards_) {
    while (shard.has_expired(now)) {
      if (slice.freed >= budget) {
        slice.finished = false;
        break;
      }
      slice.freed += shard.sweep(now, std::min(items_under_one_lock, budget - slice.freed));
    }
    if (!slice.finished) break;
  }
  if (slice.freed > 0) modified(now);
  return slice;
}

Counts Cache::Impl::counts() const {
  Counts sum;
  std::uint64_t hold = 0, repair = 0;
  sum.last_modified_at = header().last_modified.load(std::memory_order_relaxed);
  for (const Shard& shard : shards_) {
    const ShardState& s = shard.state();
    sum.items += shard.items();
    sum.hits += s.hits.get();
    sum.miss += s.miss.get();
    sum.full += s.full.get();
    sum.evicted += s.evicted.get();
    sum.expired += s.expired.get();
    sum.repaired += s.repaired.get();
    sum.used_bytes += s.cells.load(std::memory_order_relaxed) * sizeof(Cell);
    hold = std::max(hold, s.longest_hold.get());
    repair = std::max(repair, s.longest_repair.get());
  }
  // Beside its cells an item has a place in the table and one in the heap.
  sum.used_bytes += sum.items * (sizeof(CellIndex) + sizeof(HeapEntry));
  sum.longest_hold_us = header().ticks.nanoseconds(hold) / 1000;
  sum.longest_repair_us = header().ticks.nanoseconds(repair) / 1000;
  return sum;
}

UnixSeconds Cache::Impl::oldest_written() {
  UnixSeconds oldest = 0;
  for (Shard& shard : shards_) {
    const UnixSeconds written = shard.items() == 0 ? 0 : shard.oldest_written();
    if (written != 0 && (oldest == 0 || written < oldest)) oldest = written;
  }
  return oldest;
}

std::string Cache::Impl::verify() {
  for (Shard& shard : shards_) {
    if (std::string problem = shard.verify(); !problem.empty()) return problem;
  }
  return {};
}

Cache::Cache(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Cache::~Cache() = default;

std::unique_ptr<Cache> Cache::create(const Settings& settings) {
  const Geometry geometry = geometry_of(settings);
  shm::Region region = shm::Region::create("reprise-cache", offsets_of(geometry).total);
  Impl::lay_out(geometry, /*has_checksums=*/false, region);
  return std::unique_ptr<Cache>(
      new Cache(std::make_unique<Impl>(settings, geometry, std::move(region))));
}

std::unique_ptr<Cache> Cache::adopt(const Settings& settings, UniqueFd fd) {
  const Geometry geometry = geometry_of(settings);
  const std::size_t size = offsets_of(geometry).total;
  const bool store = !settings.store.empty();
  try {
    if (store && !is_file(fd.get(), settings.store)) return nullptr;
    shm::Region region =
        store ? shm::Region::of_file(std::move(fd), size) : shm::Region::adopt(std::move(fd), size);
    const Preamble& preamble = reinterpret_cast<const Header*>(region.data())->preamble;
    if (preamble.magic != magic || preamble.version != layout_version) return nullptr;
    if (!(preamble.geometry == geometry)) return nullptr;
    return std::unique_ptr<Cache>(
        new Cache(std::make_unique<Impl>(settings, geometry, std::move(region))));
  } catch (const std::system_error&) {
    return nullptr;  // another size, or not ours at all
  }
}

SetResult Cache::set(Bytes key, Bytes value, Expiry expires, UnixSeconds now, std::uint16_t flags) {
  return impl_->write(key, value, expires, now, flags, /*replace=*/false);
}
SetResult Cache::set_if_free(Bytes key, Bytes value, Expiry expires, UnixSeconds now,
                             std::uint16_t flags) {
  return impl_->write_if_free(key, value, expires, now, flags);
}
SetResult Cache::update(Bytes key, Bytes value, Expiry expires, UnixSeconds now,
                        std::uint16_t flags) {
  return impl_->write(key, value, expires, now, flags, /*replace=*/true);
}
SetResult Cache::change(Bytes key, const Arithmetic& change, Expiry expires, UnixSeconds now,
                        std::int64_t* result) {
  std::int64_t number = 0;
  const SetResult done = impl_->change(key, change, expires, now, number);
  if (result != nullptr) *result = number;
  return done;
}
std::optional<Item> Cache::get(Bytes key, UnixSeconds now, Miss* why) {
  Item item;
  if (!impl_->get(key, now, item, why)) return {};
  return item;
}
bool Cache::get(Bytes key, UnixSeconds now, Item& into, Miss* why) {
  return impl_->get(key, now, into, why);
}
bool Cache::peek(Bytes key, UnixSeconds now, Item& into) {
  return impl_->peek(key, now, into);
}
bool Cache::exists(Bytes key, UnixSeconds now) {
  return impl_->exists(key, now);
}
bool Cache::erase(Bytes key) {
  return impl_->erase(key);
}
void Cache::clear() {
  for (ClearCursor cursor; clear(cursor);) {
  }
}
bool Cache::clear(ClearCursor& cursor) {
  return impl_->clear(cursor, unix_now());
}
bool Cache::keys(KeyCursor& cursor, std::vector<ItemFacts>& out) {
  return impl_->keys(cursor, out);
}
SweepSlice Cache::sweep(UnixSeconds now, std::uint64_t budget) {
  return impl_->sweep(now, budget);
}
Counts Cache::counts() const {
  return impl_->counts();
}
UnixSeconds Cache::oldest_written() {
  return impl_->oldest_written();
}
const Settings& Cache::settings() const {
  return impl_->settings();
}
int Cache::region_fd() const {
  return impl_->region().fd();
}
void Cache::write_out() const {
  if (!impl_->settings().store.empty()) impl_->region().write_out();
}
std::error_code Cache::lock_memory() const {
  return impl_->region().lock();
}
std::string Cache::verify() {
  return impl_->verify();
}

}  // namespace reprise::cache
