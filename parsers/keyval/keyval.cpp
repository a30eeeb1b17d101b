#include "parsers/keyval/keyval.hpp"

#include <utility>

#include "parsers/keyval/grammar.hpp"
#include "parsers/positions.hpp"

namespace reprise::parsers::keyval {

List parse(std::string_view text, char separator) {
  auto items = parse_whole<std::vector<grammar::Item>>(text, grammar::list(separator));
  List list;
  list.reserve(items.size());
  Positions positions(text);
  for (grammar::Item& item : items) {
    const Position key_at = positions.at(item.key_at.begin());
    const Position value_at = positions.at(item.value_at.begin());
    list.push_back({std::move(item.key), std::move(item.value), key_at, value_at});
  }
  return list;
}

}  // namespace reprise::parsers::keyval
