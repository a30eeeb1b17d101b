#include "app/log_output.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "compat/messages.hpp"
#include "net/address.hpp"
#include "process/pidfile.hpp"

namespace reprise::app {
namespace {

constexpr mode_t usual_mode = 0640;
constexpr std::chrono::seconds pause_after_failure{60};

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::system_category(), what);
}

UniqueFd open_socket(const std::string& address) {
  net::Endpoint peer;
  try {
    peer = net::resolve(address, net::Role::connect);
  } catch (const std::invalid_argument& e) {
    throw std::runtime_error(std::string("invalid udp address: ") + e.what());
  }
  UniqueFd fd(::socket(peer.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd || ::connect(fd.get(), peer.data(), peer.size()) != 0) fail(address);
  return fd;
}

std::uint64_t size_of(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return 0;
  return static_cast<std::uint64_t>(status.st_size);
}

// Whether the open file is a regular one that has this name and no other: no device, and nothing
// that somebody who may write to the folder has put a link to there.
bool is_plainly(const std::string& path, int fd) {
  struct stat named {
  }, open{};
  return ::lstat(path.c_str(), &named) == 0 && ::fstat(fd, &open) == 0 && S_ISREG(named.st_mode) &&
         named.st_nlink == 1 && named.st_dev == open.st_dev && named.st_ino == open.st_ino;
}

// Moves the file that lines go to away. Nothing else that has its name is touched.
void move_away(const std::string& path, const std::string& backup, bool replaces) {
  if (!is_plainly(path, STDERR_FILENO))
    throw std::system_error(ENOENT, std::system_category(), "rename(\"" + path + "\")");
  const unsigned how = replaces ? 0 : RENAME_NOREPLACE;
  if (::renameat2(AT_FDCWD, path.c_str(), AT_FDCWD, backup.c_str(), how) == 0) return;
  fail("rename(\"" + path + "\")");
}

// The time, and a number behind it if there is one of this second.
std::string dated(const std::string& path) {
  const std::string name = path + "." + std::to_string(unix_now());
  std::string free = name;
  for (int number = 1; std::filesystem::exists(free) && number < 100; ++number)
    free = name + "." + std::to_string(number);
  return free;
}

}  // namespace

LogOutput::LogOutput(process::LogSettings settings, std::string directory, process::Identity owner)
    : settings_(std::move(settings)), directory_(std::move(directory)), owner_(std::move(owner)) {}

std::string LogOutput::path_of(const std::string& name) const {
  return (std::filesystem::path(directory_) / name).string();
}

void LogOutput::own(int fd, bool always) const {
  if (settings_.mode && ::fchmod(fd, *settings_.mode) != 0) fail("fchmod()");
  if (!always && !settings_.owned) return;
  if (::geteuid() != 0 || (!owner_.uid && !owner_.gid)) return;
  const uid_t user = owner_.uid.value_or(static_cast<uid_t>(-1));
  if (::fchown(fd, user, owner_.gid.value_or(static_cast<gid_t>(-1))) != 0) fail("fchown()");
}

UniqueFd LogOutput::open(const Written& target, bool truncate) const {
  if (process::is_address(target)) return open_socket(target.text);
  const std::string path = path_of(target.text);
  const int how = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY;
  UniqueFd file(::open(path.c_str(), how | O_CREAT | (truncate ? O_TRUNC : 0), usual_mode));
  if (!file) fail("open(\"" + target.text + "\")");
  if (is_plainly(path, file.get())) own(file.get(), target.text == settings_.file2.text);
  return file;
}

void LogOutput::write_to(const Written& target, bool first_start) {
  at_origin(target.origin, [&] {
    const UniqueFd fd = open(target, first_start && settings_.truncate);
    log::redirect(fd.get());
  });
  target_ = process::is_address(target) ? Written() : target;
}

void LogOutput::check(const Written& target) const {
  if (target.empty()) return;
  at_origin(target.origin, [&] {
    if (process::is_address(target)) {
      open_socket(target.text);
    } else {
      process::check_writable(path_of(target.text));
    }
  });
}

bool LogOutput::is_full() const {
  return settings_.max_size > 0 && !target_.empty() && Clock::now() >= not_before_ &&
         size_of(STDERR_FILENO) > settings_.max_size;
}

void LogOutput::renew(bool rotate) {
  if (target_.empty()) return log::line(compat::no_log_file);
  const std::uint64_t size = size_of(STDERR_FILENO);
  const std::string path = path_of(target_.text);
  try {
    if (rotate) {
      const bool named = !settings_.backup_name.empty();
      const std::string backup = named ? path_of(settings_.backup_name) : dated(path);
      log::line("{}", compat::log_rotating(size, backup));
      move_away(path, backup, /*replaces=*/named);
    } else {
      log::line("{}", compat::log_reopening(size));
    }
    log::redirect(open(target_, /*truncate=*/false).get());
    if (!rotate) log::line("{}", compat::log_reopened(target_.text));
  } catch (const std::system_error& e) {
    not_before_ = Clock::now() + pause_after_failure;
    log::line("{}", e.what());
  }
}

}  // namespace reprise::app
