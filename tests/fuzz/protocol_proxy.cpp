#include <string>

#include "protocol/proxy_header.hpp"
#include "tests/fuzz/pieces.hpp"

namespace reprise::protocol {
namespace {

using fuzz::check;
using State = ProxyHeader::State;

// Whatever comes behind a whole header changes nothing, nothing before its end is enough, and what
// was refused stays refused.
void check_header(Bytes bytes) {
  const ProxyHeader whole = read_proxy_header(bytes);
  State before = State::incomplete;
  for (std::size_t size = 0; size <= bytes.size() && size <= ProxyHeader::max_size; ++size) {
    const ProxyHeader part = read_proxy_header(bytes.substr(0, size));
    check(before != State::malformed || part.state == State::malformed);
    check(part.state != State::complete || (part.size <= size && part.size == whole.size));
    check(part.state != State::complete || part.source_host == whole.source_host);
    before = part.state;
  }
  if (whole.state != State::complete) return;
  check(whole.size <= bytes.size() && whole.size <= ProxyHeader::max_size);
  check(whole.source_port <= 65535);
  check(whole.source_host.find_first_not_of("0123456789abcdefABCDEF.:") == std::string::npos);
}

}  // namespace
}  // namespace reprise::protocol

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  reprise::protocol::check_header({reinterpret_cast<const char*>(data), size});
  return 0;
}
