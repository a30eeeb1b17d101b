#pragma once

#include <string>
#include <vector>

#include "parsers/syntax_error.hpp"

namespace reprise::parsers::keyval {

// `key=value`; escapes are resolved.
struct Pair {
  std::string key;
  std::string value;
  Position key_at;
  Position value_at;
};

using List = std::vector<Pair>;

}  // namespace reprise::parsers::keyval
