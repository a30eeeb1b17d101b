#pragma once

#include <string_view>

#include "parsers/certificate/ast.hpp"

namespace reprise::parsers::certificate {

// The comma forms of `https` and of `sni` (spec/routers/https.md 1): no escapes; what follows the
// last comma is taken whole. Throw SyntaxError where a field is missing or empty.
Listener parse_listener(std::string_view text);
Name parse_name(std::string_view text);

}  // namespace reprise::parsers::certificate
