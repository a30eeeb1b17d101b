#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "stats/subscription_snapshot.hpp"

namespace reprise::stats {

// One moment of the raw router, as plain numbers.

struct RawNodeSnapshot {  // sums over the workers
  std::string name;
  std::uint64_t connections = 0, active = 0, failed = 0;
  std::uint64_t left_alone_since = 0;  // seconds since 1970; 0: it is not
};

struct RawWorkerSnapshot {  // see router::RawCounters
  std::uint64_t id = 0, pid = 0, respawns = 0;
  std::uint64_t accepted = 0, accept_failed = 0, active_sessions = 0, bytes_in = 0, bytes_out = 0;
  std::uint64_t no_node = 0, connect_failed = 0, greeting_failed = 0, timed_out = 0;
  std::uint64_t client_failed = 0, node_failed = 0;
};

struct RawSnapshot {
  std::string version;  // "2.0.21-reprise"
  std::uint64_t uid = 0, gid = 0;
  std::string cwd;
  std::vector<std::string> listeners;  // as written
  std::optional<SubscriptionSnapshot> subscriptions;
  std::vector<RawNodeSnapshot> nodes;
  std::vector<RawNodeSnapshot> fallbacks;
  std::vector<RawWorkerSnapshot> workers;
};

}  // namespace reprise::stats
