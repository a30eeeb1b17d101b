#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.hpp"
#include "cache/settings.hpp"

namespace reprise::cache {

// uWSGI's hash functions to the bit (spec/cache/cache.md 2): what its dumps and packets carry.
std::uint32_t djb33x(Bytes key);
std::uint32_t murmur2(Bytes key);
std::uint32_t hash_of(Hash function, Bytes key);

// SipHash-1-3, which places items in our table. Keyed with a secret of the cache: whoever chooses
// keys (TLS session ids come from outside) must not be able to choose collisions.
std::uint64_t siphash(Bytes key, const std::array<std::uint64_t, 2>& secret);

}  // namespace reprise::cache
