#pragma once

#include "compat/uwsgi_json.hpp"
#include "stats/snapshot.hpp"

namespace reprise::compat {

// The store of sessions, as "session_store" (README.md, "The stats document").
void print_store(JsonPrinter& json, const stats::StoreSnapshot& store);

}  // namespace reprise::compat
