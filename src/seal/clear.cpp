#include "seal/clear.hpp"

#include <algorithm>

namespace reprise::seal {
namespace {

constexpr std::string_view beginning{"\xC5\x9E\x01\x0F", 4};
constexpr std::size_t operation_at = 4;
constexpr std::size_t cookie_at = 5;
constexpr std::string_view digits = "0123456789abcdef";

std::size_t size_of(ClearOperation operation) {
  return operation == ClearOperation::cookie ? cookie_size : subscribe_size;
}

}  // namespace

bool looks_clear(Bytes datagram) {
  return datagram.starts_with(beginning);
}

std::optional<Clear> read_clear(Bytes datagram) {
  if (!looks_clear(datagram) || datagram.size() <= operation_at) return std::nullopt;
  const auto operation = static_cast<unsigned char>(datagram[operation_at]);
  if (operation < 1 || operation > 3) return std::nullopt;
  Clear clear;
  clear.operation = static_cast<ClearOperation>(operation);
  if (datagram.size() != size_of(clear.operation)) return std::nullopt;
  std::copy_n(datagram.begin() + cookie_at, clear.cookie.size(), clear.cookie.begin());
  return clear;
}

std::string write_clear(const Clear& clear) {
  std::string bytes(beginning);
  bytes.push_back(static_cast<char>(clear.operation));
  bytes.append(clear.cookie.begin(), clear.cookie.end());
  bytes.resize(size_of(clear.operation), '\0');
  return bytes;
}

std::string text_of(const Cookie& cookie) {
  std::string text;
  for (const unsigned char byte : cookie) {
    text.push_back(digits[byte >> 4]);
    text.push_back(digits[byte & 15]);
  }
  return text;
}

std::optional<Cookie> cookie_of(std::string_view text) {
  Cookie cookie{};
  if (text.size() != 2 * cookie.size()) return std::nullopt;
  for (std::size_t i = 0; i < cookie.size(); ++i) {
    const std::size_t high = digits.find(text[2 * i]);
    const std::size_t low = digits.find(text[2 * i + 1]);
    if (high == digits.npos || low == digits.npos) return std::nullopt;
    cookie[i] = static_cast<unsigned char>(high << 4 | low);
  }
  return cookie;
}

}  // namespace reprise::seal
