#pragma once

#include <set>
#include <string>
#include <vector>

#include "compat/option_use.hpp"

namespace reprise::compat {

// The three passes over all values that wait to be applied: `$(ENV)`, `@(file)`, `%(placeholder)`
// (spec/config/config-language.md 8). Throws ConfigurationError for a file that cannot be read and
// for values that refer to themselves or grow without end.
// Returns the names that placeholders referred to.
std::set<std::string> expand(std::vector<OptionUse>& uses, const FileReader& files,
                             const std::vector<std::string>& messages);

}  // namespace reprise::compat
