#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/written.hpp"
#include "net/datagram.hpp"

namespace reprise::sync {

// For all caches; each one's nodes and servers are in cache::Settings.
struct Settings {
  net::MulticastOptions multicast;
  std::string multicast_origin;      // where its interface was configured, for messages
  std::vector<Written> tcp_servers;  // where commands are answered and copies given, of all caches
  // How long serving waits for the copies that caches begin with.
  std::chrono::seconds copy_patience{10};
  // How long a handshake waits at most for a session of another node of a sealed cluster; 0: it
  // does not.
  std::chrono::milliseconds pull_budget{6};
  // Bytes a second of what a node of a sealed cluster sends again, or to whoever begins.
  std::uint64_t repair_rate = std::uint64_t{8} << 20;
  // This node's number in sealed clusters, 1..65535; 0: drawn.
  std::uint16_t node = 0;
};

}  // namespace reprise::sync
