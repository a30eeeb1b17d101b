#pragma once

#include <string_view>

#include "parsers/keyval/ast.hpp"

namespace reprise::parsers::keyval {

// `name=ssl,items=20000,…`: items between separators, key and value at the first '=', a backslash
// takes the next byte as it is (spec/config/kvlist.md). Empty items mean nothing; a key may occur
// again. A key holds neither '=' nor a backslash, however they are escaped. `separator` is none of
// the two. Throws SyntaxError for an item without '=', which uWSGI passes over.
List parse(std::string_view text, char separator = ',');

}  // namespace reprise::parsers::keyval
