#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace reprise::stats {

// The nodes that announced themselves to one router, as plain numbers; see subscription::Table.
struct SubscriptionSnapshot {
  struct Node {
    std::string name;
    std::uint64_t modifier1 = 0, modifier2 = 0, last_check = 0, pid = 0, uid = 0, gid = 0;
    std::uint64_t requests = 0, last_requests = 0, tx = 0, rx = 0, cores = 0, load = 0, weight = 0;
    std::uint64_t wrr = 0, ref = 0, failcnt = 0, death_mark = 0;
  };
  struct Pool {
    std::string key;
    std::uint64_t hash = 0, hits = 0;
    std::vector<Node> nodes;
  };
  std::vector<std::string> servers;  // as written
  std::vector<Pool> pools;
  std::uint64_t received = 0, announces = 0, leaves = 0, silent = 0, failed = 0;
  std::uint64_t certificates_ignored = 0;
  std::vector<std::pair<std::string, std::uint64_t>> rejected;  // reason, count; fixed order
};

}  // namespace reprise::stats
