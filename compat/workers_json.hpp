#pragma once

#include "compat/uwsgi_json.hpp"
#include "stats/snapshot.hpp"

namespace reprise::compat {

// "sockets" and "workers" of the stats document (spec/process/stats.md 5).
void print_workers(JsonPrinter& json, const stats::Snapshot& snapshot);

}  // namespace reprise::compat
