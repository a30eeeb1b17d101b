#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "base/bytes.hpp"
#include "repeater/moment.hpp"

namespace reprise::repeater {

using SipKey = std::array<std::uint64_t, 2>;

// SipHash-2-4 (Aumasson and Bernstein, 2012), 64 bits.
std::uint64_t siphash(const SipKey& key, Bytes bytes);

// Datagrams that were here a moment ago, in shared memory, all zero at first, for many processes
// without a lock. Of whole datagrams: a forged one with a copied header cannot stand in the way of
// the true one. Where it is overrun the oldest are forgotten.
class Fingerprints {
public:
  static constexpr std::size_t entries = 1 << 20;
  static constexpr unsigned most_sources = 1024;
  // Seconds, and up to one more, in which a second sighting is one.
  static constexpr std::uint64_t sealed_window = 2;
  static constexpr std::uint64_t plain_window = 5;

  enum class Rule {
    once,         // whoever brings it again
    once_around,  // only if somebody else brings it again: a node may say the same twice
    always,       // it is new whoever brought it before, and noted for those others
  };

  // Notes a datagram of this hash, which `source` brought (below most_sources). True if it is new.
  bool note(std::uint64_t hash, unsigned source, Rule rule, Moment now);

private:
  static constexpr std::size_t ways = 8;  // in one cache line
  static constexpr std::size_t buckets = entries / ways;
  static constexpr unsigned source_bits = 10;
  static constexpr unsigned time_bits = 12;  // of seconds
  static constexpr std::uint64_t time_mask = (1 << time_bits) - 1;

  using Entry = std::atomic<std::uint64_t>;  // 42 bits of the hash, time, source
  struct alignas(64) Bucket {
    std::array<Entry, ways> entries{};
  };

  std::array<Bucket, buckets> buckets_{};
};

}  // namespace reprise::repeater
