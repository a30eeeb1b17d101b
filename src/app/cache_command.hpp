#pragma once

#include <string>
#include <vector>

namespace reprise::app {

// True for `reprise cache …`.
bool is_cache_command(const std::vector<std::string>& arguments);

// reprise cache STORE-OR-STATS-ADDRESS [--json] [--keys]: prints what is in a store file, or what a
// node's stats server tells of its caches. Returns the exit status.
int run_cache_command(const std::vector<std::string>& arguments);

}  // namespace reprise::app
