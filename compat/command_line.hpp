#pragma once

#include <string>
#include <vector>

#include "compat/option_list.hpp"

namespace reprise::compat {

// `arguments[0]` is the program's name. Flags first, in their order, then words, which are files
// (spec/config/config-language.md 3). Throws ConfigurationError with getopt's words.
void read_command_line(const std::vector<std::string>& arguments, const Registry& registry,
                       OptionList& list);

// `UWSGI_HTTP_TO=…` is `http-to = …`. Entries of the form NAME=VALUE.
void read_environment(const std::vector<std::string>& entries, OptionList& list);

}  // namespace reprise::compat
