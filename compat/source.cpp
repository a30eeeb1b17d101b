#include "compat/source.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include <fmt/format.h>

#include "base/unique_fd.hpp"

namespace reprise::compat {

std::string Place::short_text() const {
  return fmt::format("{}:{}:{}", source->name, key.line, key.column);
}

std::string Place::describe_key(std::string_view message) const {
  return parsers::describe(source->name, source->text, key, message);
}

std::string Place::describe_value(std::string_view message) const {
  return parsers::describe(source->name, source->text, value, message);
}

std::string SystemFiles::read(const std::string& name, std::size_t limit) const {
  const bool standard_input = name == "-";
  UniqueFd opened;
  if (!standard_input) opened.reset(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
  const int fd = standard_input ? STDIN_FILENO : opened.get();
  if (fd < 0) throw std::system_error(errno, std::system_category());
  std::string text;
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw std::system_error(errno, std::system_category());
    if (n == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(n));
    if (text.size() > limit) throw std::runtime_error(fmt::format("more than {} bytes", limit));
  }
}

}  // namespace reprise::compat
