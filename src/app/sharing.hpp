#pragma once

#include <string>

#include "config/config.hpp"
#include "sessions/from_peers.hpp"

namespace reprise::app {

// What the listeners that keep sessions in this cache allow other nodes to do with them.
sessions::Sharing sharing_of(const config::Config& config, const std::string& cache);

}  // namespace reprise::app
