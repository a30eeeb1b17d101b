#pragma once

#include "app/node.hpp"
#include "stats/http_snapshot.hpp"

namespace reprise::app {

// Reads shared memory into one moment of the HTTP router.
stats::HttpSnapshot collect_http(const Node& node);

}  // namespace reprise::app
