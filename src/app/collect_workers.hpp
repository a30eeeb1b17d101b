#pragma once

#include "app/node.hpp"
#include "stats/snapshot.hpp"

namespace reprise::app {

// The applications' part of a snapshot; the node has some.
void collect_workers(const Node& node, stats::Snapshot& out);

}  // namespace reprise::app
