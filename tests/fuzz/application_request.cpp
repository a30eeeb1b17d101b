// A request as a worker reads it, over a socket: the first byte chooses the protocol and how much
// comes with the head. Whatever it is, its body ends or fails.
#include <sys/socket.h>

#include <array>

#include "application/request_body.hpp"
#include "application/request_reader.hpp"
#include "base/unique_fd.hpp"

namespace {

using namespace reprise;
using namespace reprise::application;

void read_body(Wire& wire, const RequestReader& reader, bool keep) {
  RequestBody body(wire, reader.body_length(), reader.ahead(), {});
  body.set_limit(1 << 20);
  if (keep && body.keep(64) != ReadStatus::ok) return;
  std::array<char, 100> piece;
  std::uint64_t size = 0;
  for (;;) {
    const auto got = body.read(piece);
    size += got.bytes;
    if (got.bytes == 0) {
      if (got.status == ReadStatus::ok && !keep && !body.complete()) __builtin_trap();
      if (!body.chunked() && size > body.length()) __builtin_trap();
      return;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size == 0 || size > 100000) return 0;
  static RequestReader reader;
  std::array<int, 2> fds{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds.data()) != 0) return 0;
  const UniqueFd ours(fds[0]);
  {
    const UniqueFd theirs(fds[1]);
    if (::send(theirs.get(), data + 1, size - 1, 0) < 0) return 0;
  }
  Wire wire(ours.get(), std::chrono::milliseconds(1));
  const Protocol protocol = (data[0] & 1) != 0 ? Protocol::http : Protocol::uwsgi;
  if (reader.read(wire, {protocol, "a:1", "host"}, Wire::Clock::time_point::max()) ==
      RequestReader::Result::ok) {
    read_body(wire, reader, (data[0] & 2) != 0);
  }
  return 0;
}
