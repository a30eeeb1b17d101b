#include "router/body_spool.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/unnamed_file.hpp"

namespace reprise::router {

BodySpool::~BodySpool() {
  budget_.bytes_ -= size_;
  if (file_) --budget_.files_;
}

error_code BodySpool::append(Bytes bytes) {
  if (!budget_.has_room_for(bytes.size())) return errc::too_large;
  const std::uint64_t before = size_;
  const error_code error = keep(bytes);
  budget_.bytes_ += size_ - before;
  return error;
}

error_code BodySpool::keep(Bytes bytes) {
  if (!file_ && memory_.size() + bytes.size() <= max_in_memory) {
    memory_.append(bytes);
    size_ += bytes.size();
    return {};
  }
  if (!file_) {
    if (const error_code error = open_file()) return error;
  }
  return write_out(bytes);
}

// What was in memory is its beginning.
error_code BodySpool::open_file() {
  if (budget_.files_ == SpoolBudget::max_files) return errc::too_large;
  file_ = open_unnamed_file();
  if (!file_) return last_system_error();
  ++budget_.files_;
  const std::string begin = std::move(memory_);
  memory_ = {};
  size_ = 0;
  return write_out(begin);
}

error_code BodySpool::write_out(Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t written =
        ::pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(size_));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return last_system_error();
    size_ += static_cast<std::uint64_t>(written);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<std::size_t> BodySpool::read(std::uint64_t offset, Buffer into) const {
  if (!file_) {
    const Bytes rest = Bytes(memory_).substr(std::min<std::uint64_t>(offset, memory_.size()));
    const std::size_t size = std::min(rest.size(), into.size());
    std::copy_n(rest.data(), size, into.data());
    return size;
  }
  const ssize_t got = ::pread(file_.get(), into.data(), into.size(), static_cast<off_t>(offset));
  if (got < 0) return last_system_error();
  return static_cast<std::size_t>(got);
}

}  // namespace reprise::router
