#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.hpp"

namespace reprise::seal {

// What a node and a repeater say to each other without a seal (cluster/SEALED.md, "Class 15"): the
// repeater holds no secret, and only wants to know that an address is its owner's wish.

using Cookie = std::array<unsigned char, 16>;  // all zero: none yet

enum class ClearOperation : std::uint8_t {
  subscribe = 1,  // node to repeater: send me what the others say; 64 bytes
  cookie = 2,     // repeater to node: say it again with this; 24 bytes, less than it answers
  leave = 3,      // node to repeater; 64 bytes
};

struct Clear {
  ClearOperation operation = ClearOperation::subscribe;
  Cookie cookie{};
};

inline constexpr std::size_t subscribe_size = 64;
inline constexpr std::size_t cookie_size = 24;

// True for what begins like one of these, whole or not.
bool looks_clear(Bytes datagram);

// Nothing unless it has exactly the size of its operation. Padding may be anything.
std::optional<Clear> read_clear(Bytes datagram);
std::string write_clear(const Clear& clear);

// A cookie as 32 hexadecimal digits, and back; nothing for what is not 32 of them.
std::string text_of(const Cookie& cookie);
std::optional<Cookie> cookie_of(std::string_view text);

}  // namespace reprise::seal
