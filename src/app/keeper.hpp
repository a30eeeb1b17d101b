#pragma once

#include <vector>

#include "net/listener.hpp"

namespace reprise::app {

class Node;

// The life of the keeper: the child that does what uWSGI's master does in threads (sweeping the
// caches, answering on the stats ports), so that the master meets no byte from outside. It may
// crash and is started again; the caches live in shared memory. `raw_stats_listener`: the raw
// router's, may be null. Returns its exit status.
int run_keeper(const Node& node, std::vector<const net::Listener*> stats_listeners,
               const net::Listener* raw_stats_listener);

}  // namespace reprise::app
