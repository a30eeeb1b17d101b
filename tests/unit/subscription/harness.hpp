#pragma once

#include <string>
#include <vector>

#include "subscription/announcement.hpp"
#include "subscription/table.hpp"

namespace reprise::subscription::testing {

// A moment so many milliseconds after an arbitrary one.
inline Moment at(std::int64_t ms) {
  return {
      1'800'000'000 + static_cast<UnixSeconds>(ms / 1000),
      std::chrono::steady_clock::time_point(std::chrono::hours(1) + std::chrono::milliseconds(ms))};
}

inline NodeFacts node(std::string_view key, std::string_view address, std::uint64_t weight = 1,
                      std::uint64_t source = 1) {
  NodeFacts facts;
  facts.key = key;
  facts.address = address;
  facts.weight = weight;
  facts.source = source;
  return facts;
}

inline std::string packet_of(const Announcement& announcement) {
  return finish(begin(announcement)).value();
}

// "k a,b": each key with its nodes, in their order.
inline std::vector<std::string> contents(const Table& table) {
  std::vector<std::string> lines;
  for (const PoolState& pool : table.snapshot()) {
    std::string line = pool.key;
    for (const NodeState& each : pool.nodes)
      line += (&each == &pool.nodes.front() ? " " : ",") + each.address;
    lines.push_back(line);
  }
  return lines;
}

}  // namespace reprise::subscription::testing
