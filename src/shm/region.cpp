#include "shm/region.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

namespace reprise::shm {
namespace {

[[noreturn]] void fail(const char* call, int error = errno) {
  throw std::system_error(error, std::system_category(), call);
}

}  // namespace

Region Region::create(std::string_view name, std::size_t size) {
  UniqueFd fd(::memfd_create(std::string(name).c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) fail("memfd_create()");
  if (::ftruncate(fd.get(), static_cast<off_t>(size)) != 0) fail("ftruncate()");
  // Nobody who is handed the descriptor can make a page of ours go away under us.
  if (::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    fail("fcntl(F_ADD_SEALS)");
  }
  return Region(std::move(fd), size);
}

Region Region::adopt(UniqueFd fd, std::size_t size) {
  if (size_of(fd.get()) != size) fail("memory file of another size", EINVAL);
  return Region(std::move(fd), size);
}

Region Region::of_file(UniqueFd fd, std::size_t size) {
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) fail("fstat()");
  if (!S_ISREG(status.st_mode) || static_cast<std::size_t>(status.st_size) < size) {
    fail("file too short", EINVAL);
  }
  return Region(std::move(fd), size);
}

std::size_t Region::size_of(int fd) {
  const int seals = ::fcntl(fd, F_GET_SEALS);
  if (seals < 0) fail("fcntl(F_GET_SEALS)");
  if ((seals & F_SEAL_SHRINK) == 0) fail("memory file that may shrink", EINVAL);
  struct stat status {};
  if (::fstat(fd, &status) != 0) fail("fstat()");
  return static_cast<std::size_t>(status.st_size);
}

Region::Region(UniqueFd fd, std::size_t size) : fd_(std::move(fd)), size_(size) {
  void* memory =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd_.get(), 0);
  if (memory == MAP_FAILED) fail("mmap()");
  ::madvise(memory, size, MADV_DONTDUMP);  // session secrets stay out of core files
  data_ = static_cast<std::byte*>(memory);
}

Region::Region(Region&& other) noexcept
    : fd_(std::move(other.fd_)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

Region& Region::operator=(Region&& other) noexcept {
  if (this != &other) {
    if (data_ != nullptr) ::munmap(data_, size_);
    fd_ = std::move(other.fd_);
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

void Region::write_out() const noexcept {
  ::msync(data_, size_, MS_ASYNC);
  // Linux takes the call above for a hint about nothing; this one starts the disk.
  ::sync_file_range(fd_.get(), 0, 0, SYNC_FILE_RANGE_WRITE);
}

std::error_code Region::lock() const noexcept {
  // Not what is untouched: that would commit all of it.
  if (::mlock2(data_, size_, MLOCK_ONFAULT) == 0) return {};
  return {errno, std::system_category()};
}

Region::~Region() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

}  // namespace reprise::shm
