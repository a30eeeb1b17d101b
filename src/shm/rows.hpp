#pragma once

#include <cstddef>
#include <new>
#include <span>

#include "shm/region.hpp"

namespace reprise::shm {

// Rows of counters for the life of this generation, laid out before the first fork; a row outlives
// the processes that it counts.
template <class Row>
class Rows {
public:
  // Throws std::system_error.
  Rows(const char* name, std::size_t size)
      : region_(Region::create(name, (size + 1) * sizeof(Row))),
        rows_(reinterpret_cast<Row*>(region_.data())),
        size_(size) {
    for (std::size_t i = 0; i < size_; ++i)
      ::new (static_cast<void*>(rows_ + i)) Row;
  }

  std::size_t size() const { return size_; }
  // To hand over.
  int region_fd() const { return region_.fd(); }
  std::size_t region_size() const { return region_.size(); }
  Row& row(std::size_t i) const { return rows_[i]; }
  std::span<Row> rows(std::size_t first, std::size_t count) const { return {rows_ + first, count}; }

private:
  Region region_;
  Row* rows_;
  std::size_t size_;
};

}  // namespace reprise::shm
