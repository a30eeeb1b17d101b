#pragma once

#include "app/node.hpp"
#include "stats/snapshot.hpp"

namespace reprise::app {

// Reads shared memory into one moment's numbers. `master` is the pid that the document shows.
stats::Snapshot collect(const Node& node, pid_t master);

// This process's; empty if the system does not tell.
std::string working_directory();

}  // namespace reprise::app
