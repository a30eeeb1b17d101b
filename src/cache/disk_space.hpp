#pragma once

#include <sys/types.h>

#include <cstdint>

namespace reprise::cache {

// Room on disk for one shard of a store. A mapped file has holes, and who writes to a hole on a
// full disk is killed (SIGBUS): so blocks are reserved before anything new is written to, and a
// full disk is a full cache. Each process asks for itself; what is there already costs one system
// call for many cells.
class DiskSpace {
public:
  struct Parts {
    off_t cells = 0;  // where they begin, in bytes from the file's start
    off_t heap = 0;
    std::uint64_t cell_count = 0;
    std::uint64_t heap_entries = 0;
  };

  // Memory, where there is nothing to reserve.
  DiskSpace() = default;
  // Of a file that outlives this.
  DiskSpace(int fd, const Parts& parts) : fd_(fd), parts_(parts) {}

  // Whether the first `cells` cells may be written to, and the heap of as many items.
  bool covers(std::uint64_t cells) { return fd_ < 0 || cells <= reserved_ || reserve(cells); }

private:
  bool reserve(std::uint64_t cells);

  int fd_ = -1;
  Parts parts_;
  std::uint64_t reserved_ = 0;  // cells
};

// Reserves blocks for a part of a file. False if the disk has no room for it, or an error; true too
// where the file system cannot reserve anything.
bool reserve_blocks(int fd, off_t begin, off_t size) noexcept;

}  // namespace reprise::cache
