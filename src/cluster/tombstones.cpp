#include "cluster/tombstones.hpp"

#include <algorithm>

namespace reprise::cluster {

void Tombstones::add(Bytes id, Moment until) {
  const Fingerprint key = fingerprint_of(id);
  if (const auto found = until_.find(key); found != until_.end()) {
    if (found->second >= until) return;
    const auto [begin, end] = by_end_.equal_range(found->second);
    by_end_.erase(std::find_if(begin, end, [&](const auto& entry) { return entry.second == key; }));
    until_.erase(found);
  } else if (until_.size() == most) {
    drop_first();
  }
  until_.emplace(key, until);
  by_end_.emplace(until, key);
}

bool Tombstones::has(Fingerprint id, Moment now) {
  while (!by_end_.empty() && by_end_.begin()->first <= now)
    drop_first();
  return until_.contains(id);
}

void Tombstones::drop_first() {
  until_.erase(by_end_.begin()->second);
  by_end_.erase(by_end_.begin());
}

}  // namespace reprise::cluster
