#pragma once

#include "app/replication.hpp"
#include "stats/snapshot.hpp"

namespace reprise::app {

// What a cache and the other nodes tell each other.
stats::SyncSnapshot snapshot_of(const Replication& replication);

}  // namespace reprise::app
