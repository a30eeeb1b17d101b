#include "parsers/address/address.hpp"

#include "parsers/address/grammar.hpp"

namespace reprise::parsers::address {

Address parse(std::string_view text) {
  return parse_whole<Address>(text, grammar::address);
}

}  // namespace reprise::parsers::address
