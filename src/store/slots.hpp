#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace reprise::store {

// Redis Cluster's slots: CRC16 (XMODEM) of the key, or of what it has between '{' and '}'.
inline constexpr std::size_t slots_of_a_cluster = 16384;
std::uint16_t slot_of(std::string_view key);

// "MOVED 3999 127.0.0.1:6381", "ASK 3999 ::1:6381", "MOVED 3999 :6381".
struct Redirection {
  std::uint16_t slot = 0;
  std::string host;  // empty: of whoever says it
  std::uint16_t port = 0;
};
std::optional<Redirection> read_redirection(std::string_view text);

}  // namespace reprise::store
