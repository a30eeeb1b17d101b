#pragma once

#include "compat/uwsgi_json.hpp"
#include "stats/snapshot.hpp"

namespace reprise::compat {

// One cache and its peers, as an item of the list "sync" (README.md, "The stats document").
void print_sync(JsonPrinter& json, const stats::SyncSnapshot& sync);

// What clients of the caches asked for, as "cache_servers".
void print_service(JsonPrinter& json, const stats::ServiceSnapshot& service);

}  // namespace reprise::compat
