#include "router/body_spool.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace reprise::router {
namespace {

UniqueFd open_unnamed_file() {
  const char* directory = std::getenv("TMPDIR");
  if (directory == nullptr || *directory == '\0') directory = "/tmp";
  return UniqueFd(::open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
}

}  // namespace

error_code BodySpool::append(Bytes bytes) {
  if (file_.get() < 0 && memory_.size() + bytes.size() <= max_in_memory) {
    memory_.append(bytes);
    size_ += bytes.size();
    return {};
  }
  if (file_.get() < 0) {
    file_ = open_unnamed_file();
    if (file_.get() < 0) return last_system_error();
    size_ = 0;
    if (const error_code error = write_out(memory_)) return error;
    std::string().swap(memory_);
  }
  return write_out(bytes);
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
  if (file_.get() < 0) {
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
