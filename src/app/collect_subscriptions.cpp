#include "app/collect_subscriptions.hpp"

namespace reprise::app {
namespace {

stats::SubscriptionSnapshot::Node node_of(const subscription::NodeState& state) {
  stats::SubscriptionSnapshot::Node out;
  out.name = state.address;
  out.modifier1 = state.modifier1;
  out.modifier2 = state.modifier2;
  out.last_check = state.last_check;
  out.pid = state.pid;
  out.uid = state.uid;
  out.gid = state.gid;
  out.requests = state.requests;
  out.last_requests = state.last_requests;
  out.tx = state.bytes_from;
  out.rx = state.bytes_to;
  out.cores = state.cores;
  out.load = state.load;
  out.weight = state.weight;
  out.wrr = state.credit;
  out.ref = state.references;
  out.failcnt = state.failures;
  out.death_mark = state.dead ? 1 : 0;
  return out;
}

}  // namespace

std::optional<stats::SubscriptionSnapshot> collect_subscriptions(const Subscriptions* from) {
  if (from == nullptr) return std::nullopt;
  stats::SubscriptionSnapshot out;
  for (const Written& server : from->settings().addresses)
    out.servers.push_back(server.text);
  for (const subscription::PoolState& state : from->table().snapshot()) {
    auto& pool = out.pools.emplace_back();
    pool.key = state.key;
    pool.hash = state.hash;
    pool.hits = state.hits;
    for (const subscription::NodeState& node : state.nodes)
      pool.nodes.push_back(node_of(node));
  }
  const subscription::Counters& counters = from->table().counters();
  out.received = counters.received.get();
  out.announces = counters.announces.get();
  out.leaves = counters.leaves.get();
  out.silent = counters.silent.get();
  out.failed = counters.failed.get();
  out.certificates_ignored = counters.certificates_ignored.get();
  for (std::size_t i = 0; i < subscription::rejections; ++i) {
    out.rejected.emplace_back(name_of(static_cast<subscription::Rejection>(i)),
                              counters.rejected[i].get());
  }
  return out;
}

}  // namespace reprise::app
