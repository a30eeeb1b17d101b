#pragma once

#include <cstddef>
#include <string>

#include "base/bytes.hpp"

namespace reprise::protocol {

// What a proxy in front says of its client, ahead of the client's bytes: version 1 or 2 of the
// PROXY protocol (https://www.haproxy.org/download/2.6/doc/proxy-protocol.txt).
struct ProxyHeader {
  enum class State { incomplete, complete, malformed };
  State state = State::incomplete;
  std::size_t size = 0;     // of a complete one
  std::string source_host;  // "192.0.2.1", "2001:db8::1"; empty: the proxy speaks for itself
  unsigned source_port = 0;

  // Longer ones (version 2 with many extensions) are malformed here.
  static constexpr std::size_t max_size = 2048;
};

// Looks at all that has come so far. Strict: version 1 has numeric addresses of its family, ports
// without leading zeros and CR LF within 107 bytes.
ProxyHeader read_proxy_header(Bytes received);

}  // namespace reprise::protocol
