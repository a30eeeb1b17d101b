#pragma once

#include <string>
#include <vector>

#include "sync/replicated_cache.hpp"

namespace reprise::app {

// Stores what is meant for this cache, in the original's order: files, compressed files, items.
// What is there already is replaced, and the peers are told. Returns uWSGI's lines about it. Throws
// std::runtime_error for a file that cannot be read.
std::vector<std::string> preload(sync::ReplicatedCache& cache,
                                 const std::vector<cache::Preload>& items);

}  // namespace reprise::app
