#pragma once

#include "app/node.hpp"
#include "stats/raw_snapshot.hpp"

namespace reprise::app {

// Reads the raw router's shared memory into one moment's numbers.
stats::RawSnapshot collect_raw(const Node& node);

}  // namespace reprise::app
