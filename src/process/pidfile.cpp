#include "process/pidfile.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include "base/unique_fd.hpp"

namespace reprise::process {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::system_category(), what);
}

}  // namespace

void write_pidfile(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file) fail("open(\"" + path + "\")");
  const std::string text = std::to_string(::getpid()) + "\n";
  if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    fail("write(\"" + path + "\")");
  }
}

void check_writable(const std::string& path) {
  if (path.empty()) return;
  if (std::error_code ignored; std::filesystem::is_directory(path, ignored)) {
    errno = EISDIR;
    fail("open(\"" + path + "\")");
  }
  if (::access(path.c_str(), W_OK) == 0) return;
  if (errno == ENOENT) {
    const auto folder = std::filesystem::absolute(path).parent_path();
    if (::access(folder.c_str(), W_OK | X_OK) == 0) return;
  }
  fail("open(\"" + path + "\")");
}

void check_directory(const std::string& path) {
  if (path.empty()) return;
  std::error_code ignored;
  if (!std::filesystem::is_directory(path, ignored)) {
    errno = std::filesystem::exists(path, ignored) ? ENOTDIR : ENOENT;
    fail("chdir() to " + path);
  }
  if (::access(path.c_str(), X_OK) != 0) fail("chdir() to " + path);
}

void signal_pidfile(const std::string& path, int signal) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) fail("open(\"" + path + "\")");
  char text[32];
  const ssize_t size = ::read(file.get(), text, sizeof text);
  if (size < 0) fail("read(\"" + path + "\")");
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(text, text + size, pid);
  const bool whole = end == text + size || *end == '\n' || *end == '\r' || *end == ' ';
  if (error != std::errc() || !whole || pid <= 1) {
    throw std::runtime_error(path + " does not hold the pid of a running instance");
  }
  if (::kill(pid, signal) != 0) fail("signal_pidfile()/kill()");
}

}  // namespace reprise::process
