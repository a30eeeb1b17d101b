#include "protocol/path_info.hpp"

#include <cassert>
#include <cstring>

namespace reprise::protocol {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The number of bytes written.
std::optional<std::size_t> decode_escapes(std::string_view path, Buffer into) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < path.size(); ++i) {
    char c = path[i];
    if (c == '%') {
      if (path.size() - i < 3) return std::nullopt;
      const int high = hex_value(path[i + 1]);
      const int low = hex_value(path[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (c == '\0') return std::nullopt;
    into[size++] = c;
  }
  return size;
}

// `path` starts with '/'. Segments are moved to the front of the same memory, each behind its
// slash.
std::size_t resolve_dots(Buffer path) {
  const std::string_view text(path.data(), path.size());
  std::size_t out = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('/', at + 1), text.size());
    const std::string_view segment = text.substr(at + 1, end - at - 1);
    const bool last = end == text.size();
    const bool up = segment == "..";
    if (up) out = out == 0 ? 0 : text.substr(0, out).rfind('/');
    if (up || segment == ".") {
      if (last) path[out++] = '/';
    } else {
      std::memmove(path.data() + out, path.data() + at, end - at);
      out += end - at;
    }
    at = end;
  }
  return out;
}

}  // namespace

std::optional<std::string_view> path_info(std::string_view path, Buffer into) {
  assert(into.size() >= path.size());
  const auto size = decode_escapes(path, into);
  if (!size) return std::nullopt;
  if (*size == 0 || into[0] != '/') return std::string_view(into.data(), *size);
  return std::string_view(into.data(), resolve_dots(into.first(*size)));
}

}  // namespace reprise::protocol
