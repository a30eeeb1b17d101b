#include "compat/source.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <glob.h>
#include <netdb.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include <fmt/format.h>

#include "base/unique_fd.hpp"
#include "compat/fetch.hpp"

namespace reprise::compat {
namespace {

constexpr std::string_view http_scheme = "http://";
constexpr std::string_view exec_scheme = "exec://";
constexpr std::string_view fd_scheme = "fd://";
constexpr std::string_view schemes[] = {"http://",    "exec://",    "fd://",
                                        "data://",    "sym://",     "call://",
                                        "section://", "emperor://", "callint://"};

[[noreturn]] void fail() {
  throw std::system_error(errno, std::system_category());
}

std::string read_all(int fd, std::size_t limit) {
  std::string text;
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail();
    if (n == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(n));
    if (text.size() > limit) throw std::runtime_error(fmt::format("more than {} bytes", limit));
  }
}

struct Close {
  void operator()(std::FILE* file) const { ::pclose(file); }
};

// What the command writes, whatever its status.
std::string output_of(const std::string& command, std::size_t limit) {
  const std::unique_ptr<std::FILE, Close> pipe(::popen(command.c_str(), "re"));
  if (!pipe) fail();
  return read_all(::fileno(pipe.get()), limit);
}

std::string read_descriptor(std::string_view number, std::size_t limit) {
  int fd = -1;
  const auto result = std::from_chars(number.data(), number.data() + number.size(), fd);
  if (result.ec != std::errc()) throw std::system_error(EBADF, std::system_category());
  return read_all(fd, limit);
}

}  // namespace

std::string Place::short_text() const {
  return fmt::format("{}:{}:{}", source->name, key.line, key.column);
}

std::string_view SourceText::line(std::size_t number) const {
  if (begins_.empty()) {
    begins_.push_back(0);
    for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos;)
      begins_.push_back(++at);
  }
  if (number == 0 || number > begins_.size()) return {};
  const std::string_view rest = std::string_view(text).substr(begins_[number - 1]);
  return rest.substr(0, rest.find('\n'));
}

std::string Place::describe_key(std::string_view message) const {
  return parsers::describe_line(source->name, source->line(key.line), key, message);
}

std::string Place::describe_value(std::string_view message) const {
  return parsers::describe_line(source->name, source->line(value.line), value, message);
}

std::string FileReader::address_of(const std::string& host) const {
  addrinfo hints{};
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found); error != 0) {
    throw std::runtime_error(::gai_strerror(error));
  }
  std::array<char, INET_ADDRSTRLEN> text{};
  const auto* address = reinterpret_cast<const sockaddr_in*>(found->ai_addr);
  ::inet_ntop(AF_INET, &address->sin_addr, text.data(), text.size());
  ::freeaddrinfo(found);
  return text.data();
}

bool has_scheme(std::string_view name) {
  return std::any_of(std::begin(schemes), std::end(schemes),
                     [&](std::string_view scheme) { return name.starts_with(scheme); });
}

FileName FileReader::find(const std::string& name) const {
  return {std::filesystem::path("/" + name).lexically_normal().string(), 0};
}

FileKind FileReader::kind(const std::string&) const {
  return FileKind::none;
}

std::vector<std::string> FileReader::match(const std::string& pattern) const {
  return {pattern};
}

std::string SystemFiles::read(const std::string& name, std::size_t limit) const {
  if (name == "-") return read_all(STDIN_FILENO, limit);
  if (name.starts_with(exec_scheme)) return output_of(name.substr(exec_scheme.size()), limit);
  if (name.starts_with(fd_scheme)) {
    return read_descriptor(std::string_view(name).substr(fd_scheme.size()), limit);
  }
  if (name.starts_with(http_scheme)) return fetch(name, limit);
  if (has_scheme(name)) throw std::runtime_error("this kind of source is not supported");
  const UniqueFd file(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) fail();
  return read_all(file.get(), limit);
}

FileName SystemFiles::find(const std::string& name) const {
  namespace fs = std::filesystem;
  struct stat status {};
  if (::stat(name.c_str(), &status) != 0) fail();
  const fs::path path(name);
  std::error_code error;
  const bool link = fs::is_symlink(fs::symlink_status(path, error));
  const fs::path found =
      link ? fs::canonical(fs::absolute(path).parent_path(), error) / path.filename()
           : fs::canonical(path, error);
  if (error) throw std::system_error(error);
  return {found.string(), status.st_ino};
}

FileKind SystemFiles::kind(const std::string& name) const {
  struct stat status {};
  if (::stat(name.c_str(), &status) != 0) return FileKind::none;
  if (S_ISREG(status.st_mode)) return FileKind::regular;
  return S_ISDIR(status.st_mode) ? FileKind::directory : FileKind::other;
}

std::vector<std::string> SystemFiles::match(const std::string& pattern) const {
  glob_t found{};
  const int result = ::glob(pattern.c_str(), GLOB_MARK | GLOB_NOCHECK, nullptr, &found);
  std::vector<std::string> names;
  if (result == 0) names.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  return names;
}

}  // namespace reprise::compat
