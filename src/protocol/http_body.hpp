#pragma once

#include <cstdint>

#include "protocol/http_head.hpp"
#include "protocol/response_head.hpp"

namespace reprise::protocol {

// How long the body behind a head is (RFC 9112 6.3).
struct BodyLength {
  enum class Kind { counted, chunked, until_close };
  Kind kind = Kind::counted;
  std::uint64_t bytes = 0;  // of a counted one; 0: there is none

  bool operator==(const BodyLength&) const = default;
};

BodyLength body_length(const RequestHead& request);

// `to_head`: the request was HEAD, so the length is that of a body which does not come.
BodyLength body_length(const ResponseHead& response, bool to_head);

}  // namespace reprise::protocol
