#pragma once

#include <cstddef>
#include <string_view>
#include <system_error>

#include "base/unique_fd.hpp"

namespace reprise::shm {

// Memory that all processes of the tree see at the same address: a sealed-size memfd, mapped once
// before the first fork, never grown, never moved. Pages are zero and are committed when they are
// first touched, so a large region costs nothing by itself. Not dumped into core files.
class Region {
public:
  // A fresh region. `name` shows in /proc/PID/maps. Throws std::system_error.
  static Region create(std::string_view name, std::size_t size);

  // Maps what an earlier program made and handed over by descriptor (reload). Throws
  // std::system_error if `fd` is no memory file or has not exactly `size` bytes.
  static Region adopt(UniqueFd fd, std::size_t size);

  // Maps the first `size` bytes of a regular file, which has at least so many. Throws
  // std::system_error. Who makes the file shorter while it is mapped kills whoever touches it.
  static Region of_file(UniqueFd fd, std::size_t size);

  // Exactly the size of an inherited memory file. Throws std::system_error.
  static std::size_t size_of(int fd);

  Region(Region&& other) noexcept;
  Region& operator=(Region&& other) noexcept;
  Region(const Region&) = delete;
  Region& operator=(const Region&) = delete;
  ~Region();

  std::byte* data() const { return data_; }
  std::size_t size() const { return size_; }
  int fd() const { return fd_.get(); }

  // Of a file: begins to write changed pages, does not wait for them.
  void write_out() const noexcept;
  // Pages that this process has touched or will touch are not swapped out.
  std::error_code lock() const noexcept;

private:
  Region(UniqueFd fd, std::size_t size);

  UniqueFd fd_;
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace reprise::shm
