#include "base/der.hpp"

namespace reprise::der {
namespace {

unsigned byte_at(Bytes bytes, std::size_t i) {
  return static_cast<unsigned char>(bytes[i]);
}

}  // namespace

std::optional<Element> take(Bytes& from) {
  if (from.size() < 2) return std::nullopt;
  Element element{byte_at(from, 0), {}};
  std::size_t length = byte_at(from, 1);
  std::size_t header = 2;
  if (length >= 0x80) {
    const std::size_t digits = length & 0x7f;
    if (digits == 0 || digits > 3 || from.size() < 2 + digits) return std::nullopt;
    length = 0;
    for (std::size_t i = 0; i < digits; ++i)
      length = length << 8 | byte_at(from, header++);
    const bool shortest = length >= 0x80 && (length >> (8 * (digits - 1))) != 0;
    if (!shortest) return std::nullopt;
  }
  if (length > from.size() - header) return std::nullopt;
  element.content = from.substr(header, length);
  from.remove_prefix(header + length);
  return element;
}

}  // namespace reprise::der
