#include "subscription/turn.hpp"

#include <algorithm>

namespace reprise::subscription {
namespace {

using Nodes = std::span<NodeSlot* const>;

// The first that has turns left. When nobody has, everybody gets some by weight, and the last one
// begins (spec/routers/subscription.md 5: 1, 2, 3 is "cabbcc").
NodeSlot* weighted(Nodes nodes) {
  const auto ready = std::find_if(nodes.begin(), nodes.end(),
                                  [](const NodeSlot* node) { return node->credit > 0; });
  NodeSlot* chosen = ready != nodes.end() ? *ready : nodes.back();
  if (ready == nodes.end()) {
    const auto lightest = std::min_element(
        nodes.begin(), nodes.end(),
        [](const NodeSlot* a, const NodeSlot* b) { return a->weight < b->weight; });
    const std::uint64_t least = (*lightest)->weight;
    for (NodeSlot* node : nodes)
      node->credit = node->weight / least;
  }
  --chosen->credit;
  return chosen;
}

// The one with the fewest connections, per weight or as they are. Of idle ones it is the last of
// those that have had the fewest requests since they were announced.
NodeSlot* least_used(Nodes nodes, bool by_weight) {
  const auto use = [by_weight](const NodeSlot* node) {
    const auto count = static_cast<double>(node->references());
    return by_weight ? count / static_cast<double>(node->weight) : count;
  };
  NodeSlot* chosen = nullptr;
  double least = 0;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const double now = use(nodes[i]);
    if (least == 0 || now < least) {
      chosen = nodes[i];
      least = now;
    }
    const bool next_is_as_good = i + 1 < nodes.size() && use(nodes[i + 1]) <= now &&
                                 nodes[i + 1]->last_requests.get() <= nodes[i]->last_requests.get();
    if (least == 0 && !next_is_as_good) break;
  }
  return chosen;
}

NodeSlot* of_client(Nodes nodes, std::string_view client) {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (const char c : client)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return nodes[hash % nodes.size()];
}

}  // namespace

NodeSlot* take_turn(Algorithm algorithm, Nodes nodes, std::string_view client) {
  if (nodes.empty()) return nullptr;
  switch (algorithm) {
    case Algorithm::wrr:
      return weighted(nodes);
    case Algorithm::lrc:
      return least_used(nodes, /*by_weight=*/false);
    case Algorithm::wlrc:
      return least_used(nodes, /*by_weight=*/true);
    case Algorithm::iphash:
      return of_client(nodes, client);
  }
  return nullptr;
}

}  // namespace reprise::subscription
