#pragma once

#include <string>
#include <vector>

#include "cache/cache.hpp"

namespace reprise::app {

// Stores what is meant for this cache, in the original's order: files, compressed files, items.
// What is there already is replaced. Returns uWSGI's lines about it. Throws std::runtime_error for
// a file that cannot be read.
std::vector<std::string> preload(cache::Cache& cache, const std::vector<cache::Preload>& items);

}  // namespace reprise::app
