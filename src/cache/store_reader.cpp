#include "cache/store_reader.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "cache/geometry.hpp"
#include "cache/shard_lock.hpp"
#include "cache/store_file.hpp"
#include "cache/store_header.hpp"

namespace reprise::cache {
namespace {

UniqueFd open_for_reading(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) throw std::system_error(errno, std::system_category(), "open() of " + path);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    throw StoreRefused(path + ": it is no regular file");
  }
  return fd;
}

// A file's bytes, not to be written.
class ReadOnly {
public:
  ReadOnly(int fd, std::size_t size) : size_(size) {
    void* memory = ::mmap(nullptr, size, PROT_READ, MAP_SHARED | MAP_NORESERVE, fd, 0);
    if (memory == MAP_FAILED) throw std::system_error(errno, std::system_category(), "mmap()");
    ::madvise(memory, size, MADV_DONTDUMP);
    data_ = static_cast<std::byte*>(memory);
  }
  ~ReadOnly() { ::munmap(data_, size_); }
  ReadOnly(const ReadOnly&) = delete;
  ReadOnly& operator=(const ReadOnly&) = delete;
  std::byte* data() const { return data_; }

private:
  std::byte* data_ = nullptr;
  std::size_t size_;
};

void count(StoreContents& sum, const ItemFacts& item, UnixSeconds now) {
  ++sum.items;
  if (is_expired(item.expires, now)) ++sum.expired;
  sum.key_bytes += item.key.size();
  sum.value_bytes += item.value_size;
  sum.hits += item.hits;
  sum.newest = std::max(sum.newest, item.written);
  sum.oldest = sum.oldest == 0 ? item.written : std::min(sum.oldest, item.written);
}

}  // namespace

StoreContents read_store(const std::string& path, UnixSeconds now,
                         const std::function<void(const ItemFacts&)>& show) {
  const UniqueFd fd = open_for_reading(path);
  std::string why;
  const auto preamble = read_preamble(fd.get(), why);
  if (!preamble) throw StoreRefused(path + ": " + why);
  const Geometry geometry = preamble->geometry;
  const Offsets offsets = offsets_of(geometry);
  const ReadOnly file(fd.get(), offsets.total);
  StoreContents sum;
  sum.max_items = geometry.max_items;
  sum.blocksize = geometry.blocksize;
  sum.blocks = geometry.blocks;
  sum.keysize = geometry.keysize;
  for (std::size_t i = 0; i < geometry.shards; ++i) {
    const std::size_t begin = offsets.shards + i * offsets.shard_size + offsets.cells;
    const std::size_t size = geometry.cells_per_shard * sizeof(Cell);
    ShardState state;  // of our own: the file's is its users'
    state.used = static_cast<CellIndex>((data_end(fd.get(), begin, size) - begin) / sizeof(Cell));
    Shard shard({reinterpret_cast<Header*>(file.data()), &state, nullptr, nullptr,
                 reinterpret_cast<Cell*>(file.data() + begin), DiskSpace()},
                geometry);
    shard.examine([&](const ItemFacts& item) {
      count(sum, item, now);
      if (show) show(item);
    });
  }
  return sum;
}

}  // namespace reprise::cache
