#pragma once

#include <string>

#include "stats/http_snapshot.hpp"

namespace reprise::compat {

// The document of `http-stats`: uWSGI's fields in uWSGI's layout, then ours (README.md, "The stats
// documents").
std::string http_stats_json(const stats::HttpSnapshot& snapshot, bool minified);

}  // namespace reprise::compat
