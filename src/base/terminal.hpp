#pragma once

#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace reprise {

// Whether standard output is a terminal that takes colours, and whoever sits there has not refused
// them, as https://no-color.org has it.
inline bool wants_colours() {
  const char* refused = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  if (refused != nullptr && *refused != '\0') return false;
  if (terminal == nullptr || std::string_view(terminal) == "dumb") return false;
  return ::isatty(STDOUT_FILENO) == 1;
}

}  // namespace reprise
