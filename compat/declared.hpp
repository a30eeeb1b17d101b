#pragma once

#include <string>
#include <utility>
#include <vector>

namespace reprise::compat {

// An option that a configuration made itself (`declare-option`,
// spec/config/config-language.md 10.1): "key=value;key=value", where $1, $2 and on stand for the
// words of what it is given.
struct DeclaredOption {
  std::string name;
  std::string form;

  // As a flag of the command line.
  bool takes_argument() const;
  // What it stands for, as keys and values.
  std::vector<std::pair<std::string, std::string>> options(const std::string& argument) const;
};

}  // namespace reprise::compat
