#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace reprise::bench {

enum class Protocol { http, uwsgi };

// What the backend is asked for: `GET /bytes/N` (N bytes of the pattern), `GET /echo` (a 101, and
// everything back that comes after it) or any request with a body, which is compared with the
// pattern.
struct Request {
  bool echo = false;
  std::uint64_t answer_length = 0;
  std::uint64_t body_length = 0;
  std::size_t head_size = 0;  // bytes before the body
};

enum class Reading { incomplete, complete, malformed };

// Reads a request's head in either protocol; fills `request` when it is complete.
Reading read_request(Protocol protocol, std::string_view text, Request& request);

}  // namespace reprise::bench
