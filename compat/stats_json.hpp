#pragma once

#include <string>

#include "stats/snapshot.hpp"

namespace reprise::compat {

// uWSGI's stats document: its fields, order and white space (spec/process/stats.md 4), valid JSON
// whatever the names contain; then ours: `cache`, `tls`, `routers`.
std::string stats_json(const stats::Snapshot& snapshot, bool minified);

}  // namespace reprise::compat
