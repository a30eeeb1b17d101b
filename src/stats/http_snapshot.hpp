#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "stats/subscription_snapshot.hpp"

namespace reprise::stats {

// One moment of the HTTP router, as its own stats server tells it.
struct HttpSnapshot {
  struct Node {  // sums over the workers
    std::string name;
    std::uint64_t hits = 0;
    std::uint64_t left_alone_since = 0;  // seconds since 1970; 0: it is not
  };
  std::string version;
  std::uint64_t pid = 0;  // of the first worker
  std::uint64_t uid = 0, gid = 0;
  std::string cwd;
  std::uint64_t active_sessions = 0;
  std::vector<std::string> listeners;  // as written
  std::vector<Node> nodes;
  std::optional<SubscriptionSnapshot> subscriptions;
};

}  // namespace reprise::stats
