#include "compat/printable.hpp"

#include <ctime>

#include <fmt/format.h>

namespace reprise::compat {

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out;
}

std::string now_as_text() {
  const std::time_t now = std::time(nullptr);
  char text[32];
  std::string out = ::ctime_r(&now, text) != nullptr ? text : "";
  if (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

}  // namespace reprise::compat
