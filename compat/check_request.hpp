#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace reprise::compat {

// What is to be checked instead of started.
struct CheckRequest {
  bool as_json = false;
  // The name and the arguments of each: every file that is named as a word is a configuration of
  // its own, read as if it were started alone with all flags; without such a file the flags are
  // one.
  std::vector<std::pair<std::string, std::vector<std::string>>> configurations;
};

// Looks for `--check` or `--check-format=text|json` on a command line, the program's name first.
// They are flags of the command line alone: a file may have keys of these names. Nothing if neither
// is there. Throws ConfigurationError for another format.
std::optional<CheckRequest> check_request(const std::vector<std::string>& arguments);

// What --explain and --help say of the two. Empty for other names.
std::string explain_check(std::string_view name);

}  // namespace reprise::compat
