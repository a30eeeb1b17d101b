#pragma once

#include <string>
#include <vector>

namespace reprise::app {

// True for `reprise genkey …`.
bool is_genkey_command(const std::vector<std::string>& arguments);

// reprise genkey [--add] FILE: makes a file with a secret for sealed caches, or puts another secret
// last into one. Returns the exit status: 0, 1 for what could not be done, 2 for a wrong use.
int run_genkey_command(const std::vector<std::string>& arguments);

}  // namespace reprise::app
