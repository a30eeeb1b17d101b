#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace reprise::compat {

// The names in the value of `plugins` (spec/config/config-language.md 11): "0:http, python3" is
// "http" and "python3".
std::vector<std::string> plugin_names(std::string_view value);

// What `if-plugin` calls it: "python311" is "python".
std::string name_when_loaded(std::string_view name);

// Whether what uWSGI's plugin of this name does is built in; it counts as loaded.
bool is_built_in(std::string_view name);

// Whether uWSGI has such a plugin, in its sources or as a package of Debian. What Reprise lacks of
// it is said by its options.
bool is_plugin_of_uwsgi(std::string_view name);

}  // namespace reprise::compat
