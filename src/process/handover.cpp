#include "process/handover.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <system_error>

#include <fmt/format.h>

namespace reprise::process {
namespace {

constexpr char variable[] = "REPRISE_HANDOVER";

std::string escape(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte >= 0x7f || c == '%') {
      out += fmt::format("%{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ec == std::errc()) {
      out += static_cast<char>(byte);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

// Cuts the text up to `separator` off the front.
std::string_view next(std::string_view& text, char separator) {
  const std::size_t end = text.find(separator);
  const std::string_view piece = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return piece;
}

bool is_open(int fd) {
  return fd > STDERR_FILENO && ::fcntl(fd, F_GETFD) >= 0;
}

void set_close_on_exec(int fd, bool on) {
  if (::fcntl(fd, F_SETFD, on ? FD_CLOEXEC : 0) < 0) {
    throw std::system_error(errno, std::system_category(), "fcntl(F_SETFD)");
  }
}

}  // namespace

void Handover::add(std::string kind, std::string name, int fd) {
  UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (!copy) throw std::system_error(errno, std::system_category(), "fcntl(F_DUPFD_CLOEXEC)");
  descriptors_.push_back({std::move(kind), std::move(name), std::move(copy)});
}

void Handover::add_child(std::string name, pid_t pid) {
  children_.push_back({std::move(name), pid});
}

template <class Wanted>
std::optional<UniqueFd> Handover::take_first(const Wanted& wanted) {
  const auto found = std::find_if(descriptors_.begin(), descriptors_.end(), wanted);
  if (found == descriptors_.end()) return {};
  UniqueFd fd = std::move(found->fd);
  descriptors_.erase(found);
  return fd;
}

std::optional<UniqueFd> Handover::take(std::string_view kind, std::string_view name) {
  return take_first([&](const Descriptor& d) { return d.kind == kind && d.name == name; });
}

std::optional<UniqueFd> Handover::take_if(std::string_view kind,
                                          const std::function<bool(int)>& wanted) {
  return take_first([&](const Descriptor& d) { return d.kind == kind && wanted(d.fd.get()); });
}

std::string Handover::encode() const {
  std::string text = fmt::format("brutal\t\t{}\n", brutal_ ? 1 : 0);
  for (const Descriptor& d : descriptors_) {
    text += fmt::format("{}\t{}\t{}\n", d.kind, escape(d.name), d.fd.get());
  }
  for (const Child& child : children_) {
    text += fmt::format("child\t{}\t{}\n", escape(child.name), child.pid);
  }
  return text;
}

Handover Handover::decode(std::string_view text) {
  Handover handover;
  while (!text.empty()) {
    std::string_view line = next(text, '\n');
    const std::string_view kind = next(line, '\t');
    const std::string name = unescape(next(line, '\t'));
    int number = -1;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
    if (error != std::errc() || end != line.data() + line.size()) continue;
    if (kind == "brutal") {
      handover.brutal_ = number != 0;
    } else if (kind == "child") {
      if (number > 1) handover.children_.push_back({name, number});
    } else if (is_open(number)) {
      handover.descriptors_.push_back({std::string(kind), name, UniqueFd(number)});
    }
  }
  return handover;
}

Handover Handover::receive() {
  const char* text = std::getenv(variable);
  if (text == nullptr) return {};
  Handover handover = decode(text);
  handover.reload_ = true;
  for (const Descriptor& d : handover.descriptors_)
    set_close_on_exec(d.fd.get(), true);
  ::unsetenv(variable);
  return handover;
}

void Handover::send() const {
  for (const Descriptor& d : descriptors_)
    set_close_on_exec(d.fd.get(), false);
  if (::setenv(variable, encode().c_str(), 1) != 0) {
    throw std::system_error(errno, std::system_category(), "setenv()");
  }
}

void Handover::withdraw() {
  ::unsetenv(variable);
}

}  // namespace reprise::process
