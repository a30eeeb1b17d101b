#include "process/control.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <system_error>

namespace reprise::process {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::system_category(), what);
}

Order order_of(char letter) {
  switch (letter) {
    case 'q':
      return Order::stop_gracefully;
    case 'Q':
      return Order::stop;
    case 'r':
      return Order::reload;
    case 'R':
      return Order::reload_brutally;
    case 's':
      return Order::print_status;
    case 'P':
      return Order::write_pidfiles;
    case 'p':
      return Order::pause;
    case 'w':
      return Order::reload_workers;
    case 'c':
      return Order::chain_reload;
    case 'l':
      return Order::reopen_log;
    case 'L':
      return Order::rotate_log;
    default:
      return Order::none;
  }
}

std::optional<timespec> changed_at(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return status.st_mtim;
}

bool equal(const std::optional<timespec>& a, const std::optional<timespec>& b) {
  if (!a || !b) return a.has_value() == b.has_value();
  return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

}  // namespace

void check_fifo(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno != ENOENT) fail("stat(\"" + path + "\")");
    const auto folder = std::filesystem::absolute(path).parent_path();
    if (::access(folder.c_str(), W_OK | X_OK) != 0) fail("mkfifo(\"" + path + "\")");
    return;
  }
  if (!S_ISFIFO(status.st_mode)) throw std::runtime_error(path + " is there, and is no fifo");
}

OrderFifo::OrderFifo(std::vector<std::string> paths) : paths_(std::move(paths)) {
  for (const std::string& path : paths_) {
    check_fifo(path);
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) fail("unlink(\"" + path + "\")");
    if (::mkfifo(path.c_str(), S_IRUSR | S_IWUSR) != 0) fail("mkfifo(\"" + path + "\")");
  }
  if (!paths_.empty()) listen_at(0);
}

void OrderFifo::listen_at(std::size_t slot) {
  // For writing too, so that it never ends when a writer closes it.
  UniqueFd fd(::open(paths_[slot].c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!fd) fail("open(\"" + paths_[slot] + "\")");
  fd_ = std::move(fd);
}

std::optional<Request> OrderFifo::next() {
  char letter = 0;
  while (fd_ && ::read(fd_.get(), &letter, 1) == 1) {
    if (letter == '\n' || letter == '\r' || letter == ' ') continue;
    Request request{order_of(letter), letter, {}};
    const auto slot = static_cast<std::size_t>(letter - '0');
    if (letter < '0' || slot >= paths_.size()) return request;
    try {
      listen_at(slot);
      request.subject = paths_[slot];
    } catch (const std::system_error&) {  // it was removed: the one that is open stays
    }
    return request;
  }
  return std::nullopt;
}

TouchedFiles::TouchedFiles(const std::vector<Touch>& files) {
  for (const Touch& file : files)
    files_.push_back({file, changed_at(file.path)});
}

std::optional<Request> TouchedFiles::next() {
  for (Seen& seen : files_) {
    const auto changed = changed_at(seen.file.path);
    if (equal(changed, seen.changed)) continue;
    seen.changed = changed;
    return Request{seen.file.order, 0, seen.file.path};
  }
  return std::nullopt;
}

}  // namespace reprise::process
