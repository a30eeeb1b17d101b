#pragma once

#include "cache/hash.hpp"
#include "cache/layout.hpp"

namespace reprise::cache {

// Whether an item that a store gives back is the one that was written: its key (by its keyed
// hash), value, expiry and flags.
inline std::uint32_t checksum_of(std::uint64_t key_hash, const HeadCell& head, Bytes value,
                                 const std::array<std::uint64_t, 2>& secret) {
  const std::uint64_t sum =
      siphash(value, {secret[0] ^ key_hash ^ head.flags, secret[1] ^ head.expires});
  return static_cast<std::uint32_t>(sum ^ (sum >> 32));
}

inline std::uint64_t checksum_of(const Preamble& preamble) {
  static_assert(std::is_trivially_copyable_v<Preamble>);
  static_assert(std::has_unique_object_representations_v<Preamble>);
  return siphash({reinterpret_cast<const char*>(&preamble), sizeof preamble},
                 {preamble.magic, preamble.version});
}

}  // namespace reprise::cache
