#pragma once

#include <cstdint>
#include <string>
#include <variant>

namespace reprise::parsers::address {

struct Tcp {
  std::string host;   // empty: any IPv4 address; without brackets
  bool ipv6 = false;  // it stood in brackets
  std::uint16_t port = 0;
};
struct UnixPath {
  std::string path;
};
struct Abstract {
  std::string name;  // without the '@'
};
struct Shared {  // `=N`: a shared socket
  unsigned index = 0;
};
struct Inherited {  // `fd://N`
  int fd = 0;
};

using Address = std::variant<Tcp, UnixPath, Abstract, Shared, Inherited>;

}  // namespace reprise::parsers::address
