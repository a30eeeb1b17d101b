#pragma once

#include <string>

#include "stats/repeater_snapshot.hpp"

namespace reprise::compat {

// The document of udprepeater-stats: ours, written as uWSGI writes its own.
std::string repeater_stats_json(const stats::RepeaterSnapshot& snapshot, bool minified);

}  // namespace reprise::compat
