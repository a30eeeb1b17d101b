#pragma once

#include <string>
#include <string_view>

namespace reprise::compat {

// What a client sent, for a line of the log: control characters as `\x0a`.
std::string printable(std::string_view text);

// The moment as uWSGI's lines begin with it: "Mon Nov 23 11:48:29 2026".
std::string now_as_text();

}  // namespace reprise::compat
