#include "cache/store_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "cache/cache_impl.hpp"
#include "cache/store_header.hpp"

namespace reprise::cache {
namespace {

using std::chrono::milliseconds;

// A node that was killed as a whole needs a moment until its last process is gone.
constexpr milliseconds patience{3000};
constexpr milliseconds between_tries{20};

[[noreturn]] void fail(const std::string& call) {
  throw std::system_error(errno, std::system_category(), call);
}

bool is_named(int fd, const std::string& path) {
  struct stat opened {};
  struct stat named {};
  return ::fstat(fd, &opened) == 0 && ::stat(path.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

off_t size_of(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) fail("fstat()");
  return status.st_size;
}

}  // namespace

// One opening of a store, from its name to its cache.
class StoreOpening {
public:
  StoreOpening(const Settings& settings, UnixSeconds now)
      : settings_(settings), now_(now), geometry_(geometry_of(settings)) {}

  OpenedStore use(UniqueFd inherited);
  OpenedStore check(UniqueFd inherited);

private:
  UniqueFd open(int flags) const;
  UniqueFd open_locked() const;
  bool lock(int fd) const;
  void keep_others_out(int fd) const;
  bool is_blank(int fd) const;
  std::string why_unfit(int fd) const;
  [[noreturn]] void refuse(const std::string& why) const;
  OpenedStore make(UniqueFd fd);
  OpenedStore recover(UniqueFd fd);
  void say(std::string line) { lines_.push_back(std::move(line)); }

  const Settings& settings_;
  UnixSeconds now_;
  Geometry geometry_;
  std::vector<std::string> lines_;
};

UniqueFd StoreOpening::open(int flags) const {
  // Not blocking: the name may be a pipe's.
  UniqueFd fd(::open(settings_.store.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK | flags, 0600));
  if (!fd) fail("open() of the cache store " + settings_.store);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) fail("fstat()");
  if (!S_ISREG(status.st_mode)) refuse("it is no regular file");
  return fd;
}

bool StoreOpening::lock(int fd) const {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) fail("flock() of the cache store");
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(between_tries);
  }
  return true;
}

UniqueFd StoreOpening::open_locked() const {
  for (;;) {
    UniqueFd fd = open(O_CREAT);
    if (!lock(fd.get())) {
      throw StoreRefused(fmt::format("cache \"{}\": the store {} is in use by another instance",
                                     settings_.name, settings_.store));
    }
    if (is_named(fd.get(), settings_.store)) return fd;  // else replaced before it was locked
  }
}

// It holds secrets of sessions.
void StoreOpening::keep_others_out(int fd) const {
  if (::fchmod(fd, S_IRUSR | S_IWUSR) != 0) fail("fchmod() of the cache store");
}

// New, or one whose making was interrupted: the magic number is written last.
bool StoreOpening::is_blank(int fd) const {
  const off_t size = size_of(fd);
  if (size == 0) return true;
  std::uint64_t front = 0;
  static_assert(offsetof(Header, preamble) == 0 && offsetof(Preamble, magic) == 0);
  return size == static_cast<off_t>(offsets_of(geometry_).total) &&
         ::pread(fd, &front, sizeof front, 0) == sizeof front && front == 0;
}

std::string StoreOpening::why_unfit(int fd) const {
  std::string why;
  const auto preamble = read_preamble(fd, why);
  if (!preamble) return why;
  if (preamble->has_checksums == 0) return "its items have no checksums";
  return difference(preamble->geometry, geometry_);
}

void StoreOpening::refuse(const std::string& why) const {
  throw StoreRefused(
      fmt::format("invalid cache store file. Please remove it or fix cache blocksize/items to "
                  "match its size\ncache \"{}\": {}: {}",
                  settings_.name, settings_.store, why));
}

OpenedStore StoreOpening::make(UniqueFd fd) {
  say("creating a new cache store file: " + settings_.store);
  keep_others_out(fd.get());
  const std::size_t size = offsets_of(geometry_).total;
  if (::ftruncate(fd.get(), 0) != 0 || ::ftruncate(fd.get(), static_cast<off_t>(size)) != 0) {
    fail("ftruncate() of the cache store " + settings_.store);
  }
  // The header is written before there is a cache that could reserve the rest.
  if (!reserve_blocks(fd.get(), 0, static_cast<off_t>(offsets_of(geometry_).shards))) {
    fail("fallocate() of the cache store " + settings_.store);
  }
  shm::Region region = shm::Region::of_file(std::move(fd), size);
  Cache::Impl::lay_out(geometry_, /*has_checksums=*/true, region);
  auto impl = std::make_unique<Cache::Impl>(settings_, geometry_, std::move(region));
  impl->reserve_tables();
  return {std::unique_ptr<Cache>(new Cache(std::move(impl))), std::move(lines_)};
}

OpenedStore StoreOpening::recover(UniqueFd fd) {
  say("recovered cache from backing store file: " + settings_.store);
  keep_others_out(fd.get());
  shm::Region region = shm::Region::of_file(std::move(fd), offsets_of(geometry_).total);
  auto impl = std::make_unique<Cache::Impl>(settings_, geometry_, std::move(region));
  impl->reserve_tables();
  const int file = impl->region().fd();
  const std::uint64_t items = impl->recover(now_, [file](std::size_t begin, std::size_t size) {
    return static_cast<CellIndex>((data_end(file, begin, size) - begin) / sizeof(Cell));
  });
  say(fmt::format("[uwsgi-cache] restored {} items", items));
  return {std::unique_ptr<Cache>(new Cache(std::move(impl))), std::move(lines_)};
}

OpenedStore StoreOpening::use(UniqueFd inherited) {
  const bool ours = inherited && is_named(inherited.get(), settings_.store);
  if (ours) {
    if (auto cache = Cache::adopt(settings_, UniqueFd(::dup(inherited.get())))) {
      return {std::move(cache), {}};
    }
  }
  UniqueFd fd = ours ? std::move(inherited) : open_locked();
  if (is_blank(fd.get())) return make(std::move(fd));
  const std::string why = why_unfit(fd.get());
  if (why.empty() && ours) refuse("it cannot be taken over");
  if (why.empty()) return recover(std::move(fd));
  if (!settings_.replace_store) refuse(why);
  say("Removing invalid cache store file: " + settings_.store);
  if (::unlink(settings_.store.c_str()) != 0) fail("unlink() of the cache store");
  return make(open_locked());
}

OpenedStore StoreOpening::check(UniqueFd inherited) {
  const bool exists = ::access(settings_.store.c_str(), F_OK) == 0;
  if (exists && !settings_.replace_store) {
    const bool ours = inherited && is_named(inherited.get(), settings_.store);
    const UniqueFd fd = ours ? std::move(inherited) : open(0);
    const std::string why = is_blank(fd.get()) ? "" : why_unfit(fd.get());
    if (!why.empty()) refuse(why);
  }
  return {Cache::create(settings_), {}};
}

OpenedStore open_store(const Settings& settings, UnixSeconds now, StorePurpose purpose,
                       UniqueFd inherited) {
  StoreOpening opening(settings, now);
  return purpose == StorePurpose::use ? opening.use(std::move(inherited))
                                      : opening.check(std::move(inherited));
}

}  // namespace reprise::cache
