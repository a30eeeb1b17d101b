#pragma once

#include <cstddef>
#include <string_view>

#include "parsers/ini/ast.hpp"

namespace reprise::parsers::ini {

inline constexpr std::size_t max_text = std::size_t{16} * 1024 * 1024;  // bytes
inline constexpr std::size_t max_value = std::size_t{1024} * 1024;      // bytes

// uWSGI's ini (spec/config/config-language.md 2): no quoting, no continuation, no comment after a
// value; every line means something. Throws SyntaxError for what is beyond the bounds.
Document parse(std::string_view text);

}  // namespace reprise::parsers::ini
