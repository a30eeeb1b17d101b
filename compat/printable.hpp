#pragma once

#include <string>
#include <string_view>

namespace reprise::compat {

// What a client sent, for a line of the log: control characters as `\x0a`.
std::string printable(std::string_view text);

}  // namespace reprise::compat
