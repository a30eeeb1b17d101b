#pragma once

#include "app/external_store.hpp"
#include "stats/snapshot.hpp"

namespace reprise::app {

stats::StoreSnapshot snapshot_of(const ExternalStore& store);

}  // namespace reprise::app
