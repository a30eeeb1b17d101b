#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace reprise::bench {

// The head of an HTTP/1.1 message, as far as a benchmark needs it.
struct MessageHead {
  std::string_view first_line;                // points into the text it was read from
  std::optional<std::uint64_t> body_length;   // Content-Length, if there is a valid one
  std::size_t size = 0;                       // with the empty line
};

// Nothing while the empty line has not arrived.
std::optional<MessageHead> read_head(std::string_view text);

// The whole of `text` as a number.
std::optional<std::uint64_t> read_number(std::string_view text);

}  // namespace reprise::bench
