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

// As uWSGI has it, whatever else the name looks like.
bool is_address(const std::string& target) {
  return target.find(':') != std::string::npos;
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
  if (is_address(target.text)) return open_socket(target.text);
  const std::string path = path_of(target.text);
  const int how = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY;
  UniqueFd file(::open(path.c_str(), truncate ? how | O_TRUNC : how, usual_mode));
  if (!file) fail("open(\"" + target.text + "\")");
  own(file.get(), target.text == settings_.file2.text);
  return file;
}

void LogOutput::write_to(const Written& target, bool first_start) {
  at_origin(target.origin, [&] {
    const UniqueFd fd = open(target, first_start && settings_.truncate);
    log::redirect(fd.get());
  });
  target_ = is_address(target.text) ? Written() : target;
}

void LogOutput::check(const Written& target) const {
  if (target.empty()) return;
  at_origin(target.origin, [&] {
    if (is_address(target.text)) {
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
      const std::string backup = settings_.backup_name.empty()
                                     ? path + "." + std::to_string(unix_now())
                                     : path_of(settings_.backup_name);
      log::line("{}", compat::log_rotating(size, backup));
      if (::rename(path.c_str(), backup.c_str()) != 0) fail("rename(\"" + path + "\")");
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
