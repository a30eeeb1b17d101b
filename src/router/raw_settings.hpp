#pragma once

#include <chrono>
#include <vector>

#include "base/written.hpp"

namespace reprise::router {

// What tells a node who its client is, ahead of the client's bytes.
enum class ProxyHeader { none, version_1, version_2 };

// The raw router: TCP or unix listeners in front, nodes behind, bytes passed through
// (spec/routers/rawrouter.md 1).
struct RawSettings {
  std::vector<Written> listeners;           // rawrouter
  std::vector<Written> nodes;               // rawrouter-to
  std::vector<Written> fallbacks;           // rawrouter-fallback
  Written stats;                            // rawrouter-stats
  int processes = 1;                        // rawrouter-processes, 1..64
  std::chrono::seconds timeout{60};         // without a byte in either direction
  std::chrono::seconds connect_timeout{0};  // for each node; 0: as timeout, but at most 10
  std::chrono::seconds gracetime{30};       // a node that failed is left alone so long
  int max_retries = 3;                      // after the first node
  bool quiet = false;    // rawrouter-quiet: no lines about connections that failed
  bool xclient = false;  // rawrouter-xclient
  ProxyHeader proxy_header = ProxyHeader::none;
};

}  // namespace reprise::router
