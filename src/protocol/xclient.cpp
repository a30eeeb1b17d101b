#include "protocol/xclient.hpp"

#include <fmt/format.h>

namespace reprise::protocol {

Banner find_banner(Bytes received) {
  const std::size_t cr = received.find('\r');
  if (cr == Bytes::npos || cr + 1 == received.size()) return {};
  if (received[cr + 1] != '\n') return {Banner::State::malformed, 0};
  return {Banner::State::complete, cr + 2};
}

std::string xclient_command(std::string_view address) {
  return fmt::format("XCLIENT ADDR={}\r\n", address);
}

}  // namespace reprise::protocol
