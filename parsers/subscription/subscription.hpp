#pragma once

#include <string_view>

#include "parsers/subscription/ast.hpp"

namespace reprise::parsers::subscription {

// `subscribe-to` (spec/routers/subscription.md 2). Throws SyntaxError.
Target parse_target(std::string_view text);

// `subscriptions-sign-check`. Throws SyntaxError.
SignCheck parse_sign_check(std::string_view text);

}  // namespace reprise::parsers::subscription
