#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"
#include "cluster/clock.hpp"
#include "cluster/fingerprint.hpp"

namespace reprise::cluster {

// Sessions that were erased, for as long as they could still have lived: whoever tells of them
// again is not believed. Bounded: of those that share a bucket, the one that would end first goes
// for a new one. In shared memory, all zero at first, so that a keeper knows what the one before
// has heard; changed by one process at a time, which may die at any step.
class Tombstones {
public:
  static constexpr std::size_t most = 131072;

  // `id` has at least 8 bytes.
  void add(Bytes id, Moment until);
  bool has(Bytes id, Moment now) const { return has(fingerprint_of(id), now); }
  bool has(Fingerprint id, Moment now) const;

private:
  static constexpr std::size_t ways = 16;
  struct Entry {
    std::atomic<std::uint64_t> id{0};
    std::atomic<std::uint64_t> until{0};  // 0: free
  };
  using Bucket = std::array<Entry, ways>;

  static std::size_t place_of(Fingerprint id) { return mixed(id) % (most / ways); }

  std::array<Bucket, most / ways> buckets_{};
};

}  // namespace reprise::cluster
