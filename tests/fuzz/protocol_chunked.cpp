#include <algorithm>
#include <string>

#include "protocol/chunked.hpp"
#include "tests/fuzz/pieces.hpp"

namespace reprise::protocol {
namespace {

using fuzz::check;

struct Decoded {
  std::size_t taken = 0;
  std::string data;
  bool done = false;
  bool malformed = false;
};

Decoded decode(std::string bytes, std::size_t step) {
  ChunkedFollower follower(ChunkedFollower::Blanks::refused);
  Decoded out;
  while (out.taken < bytes.size() && !follower.done() && !follower.malformed()) {
    const std::size_t size = std::min(step, bytes.size() - out.taken);
    std::string piece = bytes.substr(out.taken, size);
    const auto got = follower.decode({piece.data(), piece.size()});
    check(got.data <= got.taken && got.taken <= size);
    out.data.append(piece, 0, got.data);
    out.taken += got.taken;
  }
  out.done = follower.done();
  out.malformed = follower.malformed();
  return out;
}

// However it comes it is the same body, and as long as the one that is merely followed.
void check_body(const std::string& bytes) {
  const Decoded whole = decode(bytes, bytes.size() + 1);
  for (const std::size_t step : {1UL, 3UL, 64UL}) {
    const Decoded pieces = decode(bytes, step);
    check(pieces.done == whole.done && pieces.malformed == whole.malformed);
    check(pieces.taken == whole.taken && pieces.data == whole.data);
  }
  ChunkedFollower follower(ChunkedFollower::Blanks::refused);
  check(follower.take(bytes) == whole.taken && follower.done() == whole.done);
  check(whole.data.size() <= bytes.size());
}

}  // namespace
}  // namespace reprise::protocol

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  reprise::protocol::check_body({reinterpret_cast<const char*>(data), size});
  return 0;
}
