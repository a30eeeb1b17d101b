#pragma once

#include <string>
#include <vector>

namespace reprise::app {

// The program: reads the configuration, makes the node, runs the master or the child that this
// process becomes. Returns the exit status (spec/process/process-model.md 4.3). `arguments` are
// main's, the program's name first.
int run(const std::vector<std::string>& arguments);

}  // namespace reprise::app
