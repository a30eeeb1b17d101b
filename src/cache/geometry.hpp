#pragma once

#include <cstddef>

#include "cache/layout.hpp"
#include "cache/settings.hpp"

namespace reprise::cache {

// How a cache of these settings is cut: shards, and each one's arrays. What is not touched costs no
// memory. Throws std::invalid_argument for settings that cannot be (no items, absurd sizes).
Geometry geometry_of(const Settings& settings);

// Where the parts lie, in bytes from the region's start.
struct Offsets {
  std::size_t states = 0;
  std::size_t shards = 0;  // the first shard's arrays
  std::size_t heap = 0;    // within a shard's arrays
  std::size_t cells = 0;   // within a shard's arrays
  std::size_t shard_size = 0;
  std::size_t total = 0;
};
Offsets offsets_of(const Geometry& geometry);

}  // namespace reprise::cache
