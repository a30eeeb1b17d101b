#include "cache/cache.hpp"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <system_error>
#include <vector>

#include "base/log.hpp"
#include "cache/geometry.hpp"
#include "cache/hash.hpp"
#include "cache/shard.hpp"

namespace reprise::cache {

class Cache::Impl {
public:
  Impl(const Settings& settings, const Geometry& geometry, shm::Region region)
      : settings_(settings),
        geometry_(geometry),
        region_(std::move(region)),
        limit_(header().total, {states(), geometry_.shards}, geometry_.max_items - 1) {
    const Offsets offsets = offsets_of(geometry_);
    std::byte* base = region_.data();
    for (std::size_t i = 0; i < geometry_.shards; ++i) {
      std::byte* shard = base + offsets.shards + i * offsets.shard_size;
      shards_.emplace_back(Shard::Parts{states() + i, reinterpret_cast<CellIndex*>(shard),
                                        reinterpret_cast<std::uint32_t*>(shard + offsets.heap),
                                        reinterpret_cast<Cell*>(shard + offsets.cells)},
                           geometry_);
    }
  }

  static void lay_out(const Geometry& geometry, shm::Region& region);

  SetResult write(Bytes key, Bytes value, Expiry expires, UnixSeconds now, bool replace);
  std::optional<Item> get(Bytes key, UnixSeconds now, Miss* why);
  bool exists(Bytes key, UnixSeconds now) const;
  bool erase(Bytes key);
  void clear();
  SweepSlice sweep(UnixSeconds now, std::uint64_t budget);
  Counts counts() const;
  std::string verify();

  const Settings& settings() const { return settings_; }
  int region_fd() const { return region_.fd(); }

private:
  Header& header() const { return *reinterpret_cast<Header*>(region_.data()); }
  ShardState* states() const {
    return reinterpret_cast<ShardState*>(region_.data() + offsets_of(geometry_).states);
  }
  std::uint64_t hash(Bytes key) const { return siphash(key, header().secret); }
  const Shard& shard(std::uint64_t hash) const { return shards_[index(hash)]; }
  Shard& shard(std::uint64_t hash) { return shards_[index(hash)]; }
  std::size_t index(std::uint64_t hash) const { return (hash >> 58) & (geometry_.shards - 1); }
  bool evict_elsewhere(std::size_t from, UnixSeconds now);
  void modified(UnixSeconds now);
  SetResult refuse_full(Shard& shard, UnixSeconds now);

  Settings settings_;
  Geometry geometry_;
  shm::Region region_;
  std::vector<Shard> shards_;
  ItemLimit limit_;
};

void Cache::Impl::lay_out(const Geometry& geometry, shm::Region& region) {
  const Offsets offsets = offsets_of(geometry);
  auto* states = reinterpret_cast<ShardState*>(region.data() + offsets.states);
  for (std::size_t i = 0; i < geometry.shards; ++i)
    ::new (static_cast<void*>(states + i)) ShardState;
  auto* header = ::new (static_cast<void*>(region.data())) Header;
  if (::getrandom(header->secret.data(), sizeof header->secret, 0) !=
      static_cast<ssize_t>(sizeof header->secret)) {
    throw std::system_error(errno, std::system_category(), "getrandom()");
  }
  header->geometry = geometry;
  header->version = layout_version;
  header->magic = magic;
}

bool Cache::Impl::evict_elsewhere(std::size_t from, UnixSeconds now) {
  for (std::size_t i = 1; i < shards_.size(); ++i) {
    if (const auto done = shards_[(from + i) % shards_.size()].evict_one(now)) {
      limit_.removed(done->removed);
      return true;
    }
  }
  return false;
}

void Cache::Impl::modified(UnixSeconds now) {
  if (settings_.last_modified) header().last_modified.store(now, std::memory_order_relaxed);
}

SetResult Cache::Impl::refuse_full(Shard& shard, UnixSeconds now) {
  shard.state().full.add();
  std::uint64_t said = header().said_full_at.load(std::memory_order_relaxed);
  if (!settings_.ignore_full && said != now &&
      header().said_full_at.compare_exchange_strong(said, now, std::memory_order_relaxed)) {
    log::line("*** DANGER cache \"{}\" is FULL !!! ***", settings_.name);
  }
  return SetResult::full;
}

SetResult Cache::Impl::write(Bytes key, Bytes value, Expiry expires, UnixSeconds now,
                             bool replace) {
  if (key.empty() || value.empty() || key.size() > geometry_.keysize ||
      value.size() > geometry_.blocksize) {
    return SetResult::invalid;
  }
  const std::uint64_t h = hash(key);
  Shard& place = shard(h);
  const Eviction eviction = settings_.eviction;
  Shard::Write done = place.set(key, h, value, expires, now, replace, eviction, limit_);
  limit_.removed(done.removed);
  if (done.result == SetResult::full && eviction == Eviction::oldest &&
      evict_elsewhere(index(h), now)) {
    done = place.set(key, h, value, expires, now, replace, eviction, limit_);
    limit_.removed(done.removed);
    ++done.evicted;  // the one elsewhere
  }
  if (done.result == SetResult::full) return refuse_full(place, now);
  if (done.evicted > 0) refuse_full(place, now);  // it was full; something live had to go
  modified(now);  // of a set that failed because the key exists too, as in the original
  return done.result;
}

std::optional<Item> Cache::Impl::get(Bytes key, UnixSeconds now, Miss* why) {
  const std::uint64_t h = hash(key);
  const Shard& place = shard(h);
  Item item;
  const Shard::Found found = place.get(key, h, now, &item);
  if (found == Shard::Found::item) {
    place.state().hits.add();
    return item;
  }
  place.state().miss.add();
  if (why != nullptr) *why = found == Shard::Found::expired ? Miss::expired : Miss::unknown;
  return {};
}

bool Cache::Impl::exists(Bytes key, UnixSeconds now) const {
  const std::uint64_t h = hash(key);
  return shard(h).get(key, h, now, nullptr) == Shard::Found::item;
}

bool Cache::Impl::erase(Bytes key) {
  const std::uint64_t h = hash(key);
  if (!shard(h).erase(key, h)) return false;
  limit_.removed(1);
  modified(unix_now());
  return true;
}

void Cache::Impl::clear() {
  for (Shard& shard : shards_)
    limit_.removed(shard.clear());
  modified(unix_now());
}

SweepSlice Cache::Impl::sweep(UnixSeconds now, std::uint64_t budget) {
  constexpr std::uint64_t under_one_lock = 64;
  SweepSlice slice;
  for (Shard& shard : shards_) {
    while (shard.has_expired(now)) {
      if (slice.freed >= budget) {
        slice.finished = false;
        return slice;
      }
      const std::uint64_t freed = shard.sweep(now, std::min(under_one_lock, budget - slice.freed));
      limit_.removed(freed);
      slice.freed += freed;
    }
  }
  if (slice.freed > 0) modified(now);
  return slice;
}

Counts Cache::Impl::counts() const {
  Counts sum;
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
  }
  return sum;
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
  Impl::lay_out(geometry, region);
  return std::unique_ptr<Cache>(
      new Cache(std::make_unique<Impl>(settings, geometry, std::move(region))));
}

std::unique_ptr<Cache> Cache::adopt(const Settings& settings, UniqueFd fd) {
  const Geometry geometry = geometry_of(settings);
  const std::size_t size = offsets_of(geometry).total;
  try {
    shm::Region region = shm::Region::adopt(std::move(fd), size);
    const auto& header = *reinterpret_cast<const Header*>(region.data());
    if (header.magic != magic || header.version != layout_version) return nullptr;
    if (!(header.geometry == geometry)) return nullptr;
    return std::unique_ptr<Cache>(
        new Cache(std::make_unique<Impl>(settings, geometry, std::move(region))));
  } catch (const std::system_error&) {
    return nullptr;  // another size, or not ours at all
  }
}

SetResult Cache::set(Bytes key, Bytes value, Expiry expires, UnixSeconds now) {
  return impl_->write(key, value, expires, now, /*replace=*/false);
}
SetResult Cache::update(Bytes key, Bytes value, Expiry expires, UnixSeconds now) {
  return impl_->write(key, value, expires, now, /*replace=*/true);
}
std::optional<Item> Cache::get(Bytes key, UnixSeconds now, Miss* why) {
  return impl_->get(key, now, why);
}
bool Cache::exists(Bytes key, UnixSeconds now) const {
  return impl_->exists(key, now);
}
bool Cache::erase(Bytes key) {
  return impl_->erase(key);
}
void Cache::clear() {
  impl_->clear();
}
SweepSlice Cache::sweep(UnixSeconds now, std::uint64_t budget) {
  return impl_->sweep(now, budget);
}
Counts Cache::counts() const {
  return impl_->counts();
}
const Settings& Cache::settings() const {
  return impl_->settings();
}
int Cache::region_fd() const {
  return impl_->region_fd();
}
std::string Cache::verify() {
  return impl_->verify();
}

}  // namespace reprise::cache
