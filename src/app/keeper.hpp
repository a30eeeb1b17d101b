#pragma once

#include <vector>

#include "net/listener.hpp"

namespace reprise::app {

class Node;

// What the keeper answers at.
struct KeeperListeners {
  std::vector<const net::Listener*> stats;
  const net::Listener* http_stats = nullptr;      // the HTTP router's; may be null
  const net::Listener* raw_stats = nullptr;       // the raw router's; may be null
  const net::Listener* repeater_stats = nullptr;  // may be null
  std::vector<const net::Listener*> caches;
};

// The life of the keeper: the child that does what uWSGI's master does in threads (sweeping the
// caches, hearing other nodes, answering on the stats and cache ports), so that the master meets no
// byte from outside. It may crash and is started again; the caches live in shared memory. Returns
// its exit status.
int run_keeper(const Node& node, const KeeperListeners& listeners);

}  // namespace reprise::app
