#include "cache/store_header.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <bit>

#include <fmt/format.h>

#include "cache/checksum.hpp"
#include "cache/geometry.hpp"

namespace reprise::cache {
namespace {

// A file that was never ours may name any sizes: those that offsets can be computed of.
bool is_possible(const Geometry& g) {
  constexpr std::uint64_t most = std::uint64_t{1} << 34;
  return g.shards >= 1 && g.shards <= 1024 && std::has_single_bit(g.shards) &&
         g.items_per_shard >= 1 && g.items_per_shard <= most && g.cells_per_shard >= 1 &&
         g.cells_per_shard <= most_cells && std::has_single_bit(g.buckets_per_shard) &&
         g.buckets_per_shard <= 2 * most && g.max_items >= 1 && g.max_items <= most &&
         g.blocksize >= 1 && g.keysize >= 1 && g.keysize <= 65535 && g.largest_value >= 1 &&
         g.largest_value <= UINT32_MAX;
}

}  // namespace

std::optional<Preamble> read_preamble(int fd, std::string& why) {
  struct {
    Preamble preamble;
    std::uint64_t checksum;
  } front;
  static_assert(offsetof(Header, preamble_checksum) == sizeof(Preamble));
  if (::pread(fd, &front, sizeof front, 0) != static_cast<ssize_t>(sizeof front) ||
      front.preamble.magic != magic) {
    why = "it is no cache store of this program";
  } else if (front.preamble.version != layout_version) {
    why = fmt::format("its layout is version {}, this program's is {}", front.preamble.version,
                      layout_version);
  } else if (front.checksum != checksum_of(front.preamble) ||
             !is_possible(front.preamble.geometry)) {
    why = "its header is damaged";
  } else {
    struct stat status {};
    const std::size_t size = offsets_of(front.preamble.geometry).total;
    if (::fstat(fd, &status) == 0 && static_cast<std::size_t>(status.st_size) >= size) {
      return front.preamble;
    }
    why = fmt::format("it has {} bytes of {}", status.st_size, size);
  }
  return {};
}

std::string difference(const Geometry& file, const Geometry& wanted) {
  std::string text;
  const auto compare = [&](const char* name, std::uint64_t has, std::uint64_t wants) {
    if (has == wants) return;
    text += fmt::format("{}{}={} in the file, {} here", text.empty() ? "" : "; ", name, has, wants);
  };
  compare("items", file.max_items, wanted.max_items);
  compare("blocksize", file.blocksize, wanted.blocksize);
  compare("keysize", file.keysize, wanted.keysize);
  compare("bitmap", file.blocks != 0, wanted.blocks != 0);
  if (file.blocks != 0 && wanted.blocks != 0) compare("blocks", file.blocks, wanted.blocks);
  if (text.empty() && !(file == wanted)) text = "the file is divided in another way";
  return text;
}

std::size_t data_end(int fd, std::size_t begin, std::size_t size) {
  const auto limit = static_cast<off_t>(begin + size);
  auto end = static_cast<off_t>(begin);
  for (;;) {
    const off_t data = ::lseek(fd, end, SEEK_DATA);
    if (data < 0 && errno != ENXIO) return begin + size;  // a file system without holes
    if (data < 0 || data >= limit) return static_cast<std::size_t>(end);
    const off_t hole = ::lseek(fd, data, SEEK_HOLE);
    if (hole < 0 || hole >= limit) return begin + size;
    end = hole;
  }
}

}  // namespace reprise::cache
