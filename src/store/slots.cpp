#include "store/slots.hpp"

#include <charconv>

namespace reprise::store {
namespace {

std::uint16_t crc16(std::string_view bytes) {
  unsigned crc = 0;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned>(static_cast<unsigned char>(byte)) << 8;
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc & 0x8000U) != 0 ? crc << 1 ^ 0x1021U : crc << 1;
  }
  return static_cast<std::uint16_t>(crc);
}

std::optional<std::uint16_t> number(std::string_view text, unsigned most) {
  unsigned value = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error != std::errc() || end != last || text.empty() || value > most) return std::nullopt;
  return static_cast<std::uint16_t>(value);
}

}  // namespace

std::uint16_t slot_of(std::string_view key) {
  const std::size_t open = key.find('{');
  if (open != std::string_view::npos) {
    const std::size_t close = key.find('}', open + 1);
    if (close != std::string_view::npos && close > open + 1)
      key = key.substr(open + 1, close - open - 1);
  }
  return crc16(key) % slots_of_a_cluster;
}

std::optional<Redirection> read_redirection(std::string_view text) {
  const std::size_t first = text.find(' ');
  const std::size_t second = text.find(' ', first + 1);
  const std::size_t colon = text.rfind(':');
  if (first == std::string_view::npos || second == std::string_view::npos ||
      colon == std::string_view::npos || colon < second + 1) {
    return std::nullopt;
  }
  const auto slot = number(text.substr(first + 1, second - first - 1), slots_of_a_cluster - 1);
  const auto port = number(text.substr(colon + 1), 65535);
  if (!slot || !port || *port == 0) return std::nullopt;
  return Redirection{*slot, std::string(text.substr(second + 1, colon - second - 1)), *port};
}

}  // namespace reprise::store
