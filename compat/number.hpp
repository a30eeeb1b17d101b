#pragma once

#include <cstdint>
#include <string_view>

// What uWSGI makes of the text of a value (spec/config/config-language.md 4).
namespace reprise::compat {

// Everything is true but "false", "off", "no" in any case, and "0".
bool reads_as_true(std::string_view text);

// Leading blanks, a sign, digits; the rest is ignored, no digits are 0. Clamped to 64 bits.
std::int64_t reads_as_integer(std::string_view text);

// True if the text is a number and nothing else.
bool is_whole_number(std::string_view text);

}  // namespace reprise::compat
