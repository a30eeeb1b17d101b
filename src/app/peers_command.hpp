#pragma once

#include <string>
#include <vector>

namespace reprise::app {

// True for `reprise peers …`.
bool is_peers_command(const std::vector<std::string>& arguments);

// reprise peers ADDRESS [--watch[=SECONDS]] [--format=table|json]: the cluster as the node sees it
// whose stats are at the address. With --watch again and again until a signal ends it. Returns the
// exit status: 0, or 2 after a line that says what is wrong.
int run_peers_command(const std::vector<std::string>& arguments);

}  // namespace reprise::app
