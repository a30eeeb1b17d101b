#pragma once

#include <string>
#include <variant>
#include <vector>

#include "parsers/syntax_error.hpp"

namespace reprise::parsers::placeholder {

enum class Kind { placeholder, environment, file };

struct Literal {
  std::string text;
};

// `%(name)`, `$(NAME)` or `@(file)`.
struct Reference {
  Kind kind = Kind::placeholder;
  std::string name;  // what stands between the parentheses
  std::string text;  // as written, for when it means nothing
  Position at;
};

using Template = std::vector<std::variant<Literal, Reference>>;

}  // namespace reprise::parsers::placeholder
