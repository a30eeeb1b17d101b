#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace reprise::protocol {

// Looks for the end of a mail server's first line, its banner (spec/routers/rawrouter.md 4).
struct Banner {
  enum class State { incomplete, complete, malformed };  // malformed: a CR without its LF
  State state = State::incomplete;
  std::size_t size = 0;  // of a complete one, CR LF included
};
Banner find_banner(Bytes received);

// The command that tells a mail server who its client is; `address` is IPv4.
std::string xclient_command(std::string_view address);

}  // namespace reprise::protocol
