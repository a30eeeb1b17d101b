#include "shm/region.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace reprise::shm {
namespace {

constexpr std::size_t size = 3 * 4096 + 100;  // not of whole pages

UniqueFd duplicate(int fd) {
  return UniqueFd(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

UniqueFd memory_file(std::size_t bytes, int seals) {
  UniqueFd fd(::memfd_create("other", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  EXPECT_EQ(::ftruncate(fd.get(), static_cast<off_t>(bytes)), 0);
  EXPECT_EQ(::fcntl(fd.get(), F_ADD_SEALS, seals), 0);
  return fd;
}

// errno of the refusal; 0: adopted.
int refusal(UniqueFd fd, std::size_t bytes) {
  try {
    Region::adopt(std::move(fd), bytes);
    return 0;
  } catch (const std::system_error& error) {
    return error.code().value();
  }
}

// The value of a line of the mapping that begins at `address`; empty: there is none.
std::string smaps(const void* address, const std::string& key) {
  std::ifstream file("/proc/self/smaps");
  const std::string begin = fmt::format("{:x}-", reinterpret_cast<std::uintptr_t>(address));
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(begin)) inside = true;
    if (inside && line.starts_with(key + ":")) return line.substr(key.size() + 1);
  }
  return {};
}

TEST(Region, IsZeroAndWritable) {
  const Region region = Region::create("fresh", size);
  ASSERT_EQ(region.size(), size);
  EXPECT_TRUE(std::all_of(region.data(), region.data() + size,
                          [](std::byte b) { return b == std::byte{0}; }));
  std::memset(region.data(), 0x55, size);
}

TEST(Region, CostsNothingBeforeItIsTouched) {
  const Region region = Region::create("large", std::size_t{1} << 36);
  region.data()[region.size() - 1] = std::byte{1};
  std::istringstream resident(smaps(region.data(), "Rss"));
  long kilobytes = -1;
  resident >> kilobytes;
  EXPECT_GE(kilobytes, 0);
  EXPECT_LT(kilobytes, 4096);
}

TEST(Region, IsNotDumped) {
  const Region region = Region::create("secret", size);
  std::istringstream flags(smaps(region.data(), "VmFlags"));
  bool found = false;
  for (std::string flag; flags >> flag;)
    found = found || flag == "dd";
  EXPECT_TRUE(found) << "no MADV_DONTDUMP";
}

TEST(Region, IsSharedWithChildren) {
  const Region region = Region::create("shared", size);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    region.data()[size - 1] = std::byte{42};
    ::_exit(0);
  }
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_EQ(region.data()[size - 1], std::byte{42});
}

TEST(Region, CanBeNeitherCutNorGrown) {
  const Region region = Region::create("sealed", size);
  EXPECT_EQ(::ftruncate(region.fd(), 4096), -1);
  EXPECT_EQ(errno, EPERM);
  EXPECT_EQ(::ftruncate(region.fd(), 1 << 20), -1);
  EXPECT_EQ(errno, EPERM);
  EXPECT_EQ(::fcntl(region.fd(), F_ADD_SEALS, F_SEAL_WRITE), -1);
}

TEST(Region, ItsDescriptorDoesNotPassAnExec) {
  const Region region = Region::create("private", size);
  EXPECT_NE(::fcntl(region.fd(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST(Region, AdoptsWhatAnotherMade) {
  const Region first = Region::create("handed over", size);
  EXPECT_EQ(Region::size_of(first.fd()), size);
  first.data()[7] = std::byte{7};
  const Region second = Region::adopt(duplicate(first.fd()), size);
  EXPECT_NE(second.data(), first.data());
  EXPECT_EQ(second.data()[7], std::byte{7});
  second.data()[8] = std::byte{8};
  EXPECT_EQ(first.data()[8], std::byte{8});
}

TEST(Region, AdoptsNothingOfAnotherSize) {
  const Region region = Region::create("handed over", size);
  EXPECT_EQ(refusal(duplicate(region.fd()), size - 1), EINVAL);
  EXPECT_EQ(refusal(duplicate(region.fd()), size + 1), EINVAL);
  EXPECT_EQ(refusal(duplicate(region.fd()), size), 0);
}

TEST(Region, AdoptsNothingThatMayShrink) {
  EXPECT_EQ(refusal(memory_file(size, 0), size), EINVAL);
  EXPECT_EQ(refusal(memory_file(size, F_SEAL_GROW), size), EINVAL);
  EXPECT_EQ(refusal(memory_file(size, F_SEAL_SHRINK), size), 0);
  EXPECT_THROW(Region::size_of(memory_file(size, 0).get()), std::system_error);
}

TEST(Region, AdoptsNothingButAMemoryFile) {
  EXPECT_NE(refusal(UniqueFd(::open("/dev/zero", O_RDWR | O_CLOEXEC)), size), 0);
  EXPECT_EQ(refusal(UniqueFd(), size), EBADF);
}

TEST(Region, ARefusedDescriptorIsClosed) {
  const Region region = Region::create("handed over", size);
  UniqueFd copy = duplicate(region.fd());
  const int number = copy.get();
  EXPECT_EQ(refusal(std::move(copy), 1), EINVAL);
  EXPECT_EQ(::fcntl(number, F_GETFD), -1);
}

TEST(Region, MovesWithItsMemory) {
  Region first = Region::create("moved", size);
  std::byte* const memory = first.data();
  memory[0] = std::byte{1};
  Region second = std::move(first);
  EXPECT_EQ(second.data(), memory);
  EXPECT_EQ(second.size(), size);
  Region third = Region::create("replaced", 4096);
  third = std::move(second);
  EXPECT_EQ(third.data(), memory);
  EXPECT_EQ(third.data()[0], std::byte{1});
  EXPECT_EQ(second.data(), nullptr);  // NOLINT: what is left of it
}

}  // namespace
}  // namespace reprise::shm
