#include "base/log.hpp"

#include <unistd.h>

#include <cerrno>
#include <ctime>

#include "base/clock.hpp"
#include "base/shared_output.hpp"

namespace reprise::log {
namespace {

// The logger is the same on both sides of a fork and in every room; its one setting is process
// wide.
std::string& date_format() {
  static std::string format;
  return format;
}

std::string prefix() {
  if (date_format().empty()) return {};
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  char text[256];
  const std::size_t size = std::strftime(text, sizeof text, date_format().c_str(), &local);
  return std::string(text, size) + " - ";
}

void write_whole(std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(STDERR_FILENO, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;  // nowhere left to say so
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

void append_quoted(std::string& out, std::string_view value) {
  out += '"';
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte >= 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  out += '"';
}

std::string_view name_of(Level level) {
  switch (level) {
    case Level::info:
      return "info";
    case Level::warning:
      return "warning";
    case Level::error:
      return "error";
  }
  return "error";
}

}  // namespace

void set_date_format(std::string format) {
  date_format() = std::move(format);
}

void share_output() {
  shared_output().share();
}

void redirect(int fd) {
  shared_output().redirect(fd);
}

void follow() noexcept {
  shared_output().follow();
}

void line(std::string_view text) {
  follow();
  std::string whole = prefix();
  whole += text;
  whole += '\n';
  write_whole(whole);
}

void event(Level level, std::string_view name, Fields fields) {
  std::string text = fmt::format("[reprise] {} {}", name_of(level), name);
  for (const auto& [key, value] : fields) {
    text += ' ';
    text += key;
    text += '=';
    append_quoted(text, value);
  }
  line(std::string_view(text));
}

std::string short_id(std::string_view id) {
  std::string hex;
  for (const char c : id.substr(0, 4))
    hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return hex;
}

bool RateLimit::allow() {
  const auto now = coarse_now();
  if (now < next_) {
    ++dropped_;
    return false;
  }
  next_ = now + interval_;
  reported_ = std::exchange(dropped_, 0);
  return true;
}

void failure(RateLimit& limit, std::string_view name, std::string_view reason) {
  if (!limit.allow()) return;
  event(Level::error, name,
        {{"reason", std::string(reason)}, {"suppressed", std::to_string(limit.suppressed())}});
}

}  // namespace reprise::log
