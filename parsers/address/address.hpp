#pragma once

#include <string_view>

#include "parsers/address/ast.hpp"
#include "parsers/syntax_error.hpp"

namespace reprise::parsers::address {

// `127.0.0.1:80`, `:80`, `[::1]:80`, `host:80`, `/run/app.sock`, `@name`, `=0`, `fd://3`
// (spec/routers/https.md 1, "ADDR"). Throws SyntaxError for a port that is none, an empty text, a
// path or name that no socket can have, and hosts that uWSGI turns into 255.255.255.255 ("*").
Address parse(std::string_view text);

}  // namespace reprise::parsers::address
