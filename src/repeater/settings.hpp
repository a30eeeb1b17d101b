#pragma once

#include <string>
#include <vector>

#include "base/written.hpp"

namespace reprise::repeater {

// One address that datagrams are forwarded at: a cluster of its own.
struct GatewaySettings {
  Written address;               // "host:port"
  std::vector<Written> members;  // that are sent everything, without asking for it
  std::vector<Written> servers;  // where nodes announce themselves too, "host:port"
};

struct Settings {
  std::vector<GatewaySettings> gateways;
  int processes = 1;  // of all gateways
  Written stats;      // where their statistics are served; empty: nowhere
};

}  // namespace reprise::repeater
