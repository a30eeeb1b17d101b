#include "cache/disk_space.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "cache/layout.hpp"

namespace reprise::cache {
namespace {

constexpr std::uint64_t step = 2048;  // cells that are reserved together

}  // namespace

bool reserve_blocks(int fd, off_t begin, off_t size) noexcept {
  if (size <= 0) return true;
  while (::fallocate(fd, FALLOC_FL_KEEP_SIZE, begin, size) != 0) {
    if (errno == EINTR) continue;
    return errno == EOPNOTSUPP || errno == ENOSYS;
  }
  return true;
}

bool DiskSpace::reserve(std::uint64_t cells) {
  const std::uint64_t wanted =
      std::min(std::max((cells + step - 1) / step * step, reserved_), parts_.cell_count);
  const auto reserve_part = [&](off_t begin, std::uint64_t limit, std::size_t entry) {
    const std::uint64_t from = std::min(reserved_, limit), to = std::min(wanted, limit);
    return reserve_blocks(fd_, begin + static_cast<off_t>(from * entry),
                          static_cast<off_t>((to - from) * entry));
  };
  if (!reserve_part(parts_.cells, parts_.cell_count, sizeof(Cell)) ||
      !reserve_part(parts_.heap, parts_.heap_entries, sizeof(HeapEntry))) {
    return false;
  }
  reserved_ = wanted;
  return cells <= reserved_;
}

}  // namespace reprise::cache
