// Room on disk for a store's parts.
#include <cerrno>
#include <system_error>

#include "cache/cache_impl.hpp"

namespace reprise::cache {

// Of a store; memory has none.
DiskSpace Cache::Impl::disk_space(const std::byte* shard) const {
  if (header().preamble.has_checksums == 0) return {};
  const off_t begin = shard - region_.data();
  return {region_.fd(),
          {begin + static_cast<off_t>(offsets_.cells), begin + static_cast<off_t>(offsets_.heap),
           geometry_.cells_per_shard, geometry_.items_per_shard + 2}};
}

void Cache::Impl::reserve_tables() const {
  const int fd = region_.fd();
  bool done = reserve_blocks(fd, 0, static_cast<off_t>(offsets_.shards));
  for (std::size_t i = 0; i < shards_.size() && done; ++i) {
    const std::size_t table = offsets_.shards + i * offsets_.shard_size;
    done = reserve_blocks(fd, static_cast<off_t>(table), static_cast<off_t>(offsets_.heap));
  }
  if (!done) throw_no_room();
}

void Cache::Impl::throw_no_room() {
  throw std::system_error(ENOSPC, std::system_category(), "room for the cache store");
}

}  // namespace reprise::cache
