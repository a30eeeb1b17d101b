// What leaves a table as a whole: for the next generation, and for the stats.
#include <algorithm>
#include <cstring>

#include "subscription/table.hpp"

namespace reprise::subscription {
namespace {

NodeState state_of(const NodeSlot& node) {
  NodeState state;
  state.address = node.address.get();
  state.modifier1 = node.modifier1;
  state.modifier2 = node.modifier2;
  state.last_check = node.last_check;
  state.pid = node.pid;
  state.uid = node.uid;
  state.gid = node.gid;
  state.requests = node.requests.get();
  state.last_requests = node.last_requests.get();
  state.bytes_from = node.bytes_from.get();
  state.bytes_to = node.bytes_to.get();
  state.cores = node.cores;
  state.load = node.load;
  state.weight = node.weight;
  state.credit = node.credit;
  state.references = node.references();
  state.failures = node.failures;
  state.dead = node.dead;
  return state;
}

}  // namespace

std::vector<PoolState> Table::snapshot() const {
  std::vector<PoolState> pools;
  for (std::uint32_t i = 0; i < size_.keys; ++i) {
    const auto held = lock();
    if (i >= header_->pools_high) break;
    if (!pools_[i].used) continue;
    PoolState& pool = pools.emplace_back();
    pool.key = pools_[i].key.get();
    pool.hash = hash_of(pool.key);
    pool.hits = pools_[i].hits;
    for (std::uint32_t node = pools_[i].first; node != nowhere; node = nodes_[node].next)
      pool.nodes.push_back(state_of(nodes_[node]));
  }
  std::stable_sort(pools.begin(), pools.end(),
                   [](const PoolState& a, const PoolState& b) { return a.hash < b.hash; });
  return pools;
}

// Its processes may still be at work on it, so it is copied under its lock. What they have under
// way is theirs.
void Table::take_over(UniqueFd region) {
  if (shm::Region::size_of(region.get()) != region_.size()) return;
  const Table former(size_, shm::Region::adopt(std::move(region), region_.size()));
  const Header& before = *former.header_;
  if (before.magic != header_->magic || before.max_pools != size_.keys ||
      before.max_nodes != size_.nodes) {
    return;
  }
  const auto held = former.lock();
  const auto copy = [](auto* to, const auto* from, std::size_t count) {
    std::memcpy(static_cast<void*>(to), static_cast<const void*>(from), count * sizeof *from);
  };
  copy(pools_, former.pools_, before.pools_high);
  copy(sources_, former.sources_, before.nodes_high);
  copy(nodes_, former.nodes_, before.nodes_high);
  copy(&header_->counters, &before.counters, 1);
  copy(&header_->stamps, &before.stamps, 1);
  header_->pools_high = before.pools_high;
  header_->nodes_high = before.nodes_high;
  header_->sequence = before.sequence;
  for (std::uint32_t i = 0; i < header_->nodes_high; ++i) {
    for (auto& of_worker : nodes_[i].in_use)
      of_worker.store(0, std::memory_order_relaxed);
  }
  repair();
}

}  // namespace reprise::subscription
