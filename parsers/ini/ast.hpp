#pragma once

#include <string>
#include <vector>

#include "parsers/syntax_error.hpp"

namespace reprise::parsers::ini {

// `key = value`, `key =` or `key`: a value that is not there is an empty one.
struct Assignment {
  std::string key;
  std::string value;
  Position key_at;
  Position value_at;  // where the value begins, or would
};

// A header and what stands below it up to the next. Equal names may occur more than once.
struct Section {
  std::string name;  // empty for what stands before the first header
  Position at;
  bool closed = true;  // the header's last byte is its ']'
  std::vector<Assignment> assignments;
};

// In the order in which they stand.
struct Document {
  std::vector<Section> sections;
};

}  // namespace reprise::parsers::ini
