#include "cache/owner.hpp"

#include <unistd.h>

#include <cstddef>

#include "cache/layout.hpp"

namespace reprise::cache {
namespace {

static_assert(sizeof(Header::owner) == sizeof(std::uint64_t));

}  // namespace

// The file and what processes have mapped of it are the same pages.
std::uint16_t owner_of(const Cache& cache) {
  std::uint64_t number = 0;
  const ssize_t size = ::pread(cache.region_fd(), &number, sizeof number, offsetof(Header, owner));
  const bool is_one = size == static_cast<ssize_t>(sizeof number) && number <= UINT16_MAX;
  return is_one ? static_cast<std::uint16_t>(number) : std::uint16_t{0};
}

bool set_owner(const Cache& cache, std::uint16_t number) {
  const std::uint64_t kept = number;
  return ::pwrite(cache.region_fd(), &kept, sizeof kept, offsetof(Header, owner)) ==
         static_cast<ssize_t>(sizeof kept);
}

}  // namespace reprise::cache
