#include "cache/item_limit.hpp"

namespace reprise::cache {

bool ItemLimit::reserve() {
  if (total_.fetch_add(1) < limit_) return true;
  std::uint64_t items = 0;
  for (const ShardState& shard : shards_) {
    // In this order: an addition is seen as one, or as an item.
    items += shard.adding.load();
    items += shard.items.load();
  }
  if (items <= limit_) return true;
  total_.fetch_sub(1);
  return false;
}

}  // namespace reprise::cache
