#include "parsers/certificate/certificate.hpp"

#include "parsers/certificate/grammar.hpp"

namespace reprise::parsers::certificate {

Listener parse_listener(std::string_view text) {
  return parse_whole<Listener>(text, grammar::listener);
}

Name parse_name(std::string_view text) {
  return parse_whole<Name>(text, grammar::name);
}

}  // namespace reprise::parsers::certificate
