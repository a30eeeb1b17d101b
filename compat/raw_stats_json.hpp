#pragma once

#include <string>

#include "stats/raw_snapshot.hpp"

namespace reprise::compat {

// The document of uWSGI's rawrouter-stats: its fields, order and white space
// (spec/routers/rawrouter.md 6), as if one process did the work of all; then ours: `nodes`,
// `fallbacks`, `workers`.
std::string raw_stats_json(const stats::RawSnapshot& snapshot, bool minified);

}  // namespace reprise::compat
