#pragma once

#include <cstddef>
#include <string>

namespace reprise::compat {

inline constexpr std::size_t longest_http_head = 65536;  // bytes

// The body of a whole answer to a request of HTTP/1.0, as it came until the connection's end.
// Throws std::runtime_error: no answer of HTTP, a status that is not 2xx, a coded body, another
// length than was announced, more than `limit` bytes.
std::string body_of(std::string answer, std::size_t limit);

}  // namespace reprise::compat
