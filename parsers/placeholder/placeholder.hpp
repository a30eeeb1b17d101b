#pragma once

#include <string_view>

#include "parsers/placeholder/ast.hpp"

namespace reprise::parsers::placeholder {

// '%', '$' or '@'.
char marker_of(Kind kind);

// Cuts a value into literals and references of one kind; the kinds are expanded one after the other
// (spec/config/config-language.md 8). An opening without its ')' is literal text.
Template parse(std::string_view text, Kind kind);

}  // namespace reprise::parsers::placeholder
