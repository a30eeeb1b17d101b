#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>

#include "base/bytes.hpp"
#include "cluster/clock.hpp"
#include "cluster/fingerprint.hpp"

namespace reprise::cluster {

// Sessions that were erased, for as long as they could still have lived: whoever tells of them
// again is not believed. Bounded; the one that would end first goes for a new one.
class Tombstones {
public:
  static constexpr std::size_t most = 65536;

  // `id` has at least 8 bytes, all random.
  void add(Bytes id, Moment until);
  bool has(Bytes id, Moment now) { return has(fingerprint_of(id), now); }
  bool has(Fingerprint id, Moment now);

private:
  void drop_first();

  std::unordered_map<Fingerprint, Moment> until_;
  std::multimap<Moment, Fingerprint> by_end_;
};

}  // namespace reprise::cluster
