#pragma once

#include "app/node.hpp"
#include "stats/repeater_snapshot.hpp"

namespace reprise::app {

// Reads the repeater's shared memory into one moment's numbers.
stats::RepeaterSnapshot collect_repeater(const Node& node);

}  // namespace reprise::app
