#pragma once

#include <cstdint>

#include "cache/cache.hpp"

namespace reprise::cache {

// A number of whoever uses a cache, which is kept with it: in a store it survives a restart, also
// in one of before, which has none. For who asks rarely: both read and write the cache's file.

// 0: none yet, or none that can be read.
std::uint16_t owner_of(const Cache& cache);

// False if it cannot be written.
bool set_owner(const Cache& cache, std::uint16_t number);

}  // namespace reprise::cache
