#include "parsers/subscription/subscription.hpp"

#include "parsers/subscription/grammar.hpp"

namespace reprise::parsers::subscription {

Target parse_target(std::string_view text) {
  return parse_whole<Target>(text, grammar::target);
}

SignCheck parse_sign_check(std::string_view text) {
  return parse_whole<SignCheck>(text, grammar::sign_check);
}

}  // namespace reprise::parsers::subscription
