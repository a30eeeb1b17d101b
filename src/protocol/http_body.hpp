#pragma once

#include <cstdint>
#include <limits>

#include "protocol/chunked.hpp"
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

// Follows a body to where it ends.
class BodyFollower {
public:
  explicit BodyFollower(BodyLength length = {},
                        ChunkedFollower::Blanks blanks = ChunkedFollower::Blanks::forgiven)
      : kind_(length.kind), left_(length.bytes), chunked_(blanks) {}

  // How many of the next bytes belong to the body: all, unless it ends or breaks among them.
  std::size_t take(Bytes bytes);

  // Of a chunked one: the same, and takes the framing off (ChunkedFollower::decode).
  ChunkedFollower::Decoded decode(Buffer bytes) { return chunked_.decode(bytes); }

  // How many bytes may be read without reading what comes behind the body, as far as one can know.
  std::uint64_t expected() const {
    return kind_ == BodyLength::Kind::counted ? left_ : std::numeric_limits<std::uint64_t>::max();
  }

  // Bytes of it that were taken, without the framing of chunks.
  std::uint64_t data() const {
    return kind_ == BodyLength::Kind::chunked ? chunked_.data() : data_;
  }

  // All of it was seen. Never so for one that ends with the connection.
  bool done() const;
  bool malformed() const { return chunked_.malformed(); }
  bool ends_with_connection() const { return kind_ == BodyLength::Kind::until_close; }

private:
  BodyLength::Kind kind_;
  std::uint64_t left_;
  std::uint64_t data_ = 0;  // unless there are chunks
  ChunkedFollower chunked_;
};

}  // namespace reprise::protocol
