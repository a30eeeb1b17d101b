#include "cache/caches.hpp"

#include <fmt/format.h>

namespace reprise::cache {

Cache* Caches::find(std::string_view name) const {
  for (const auto& cache : all_) {
    if (cache->settings().name == name) return cache.get();
  }
  return nullptr;
}

std::string start_line(const Settings& settings) {
  constexpr std::uint64_t record_header = 88;
  const std::uint64_t blocks = settings.blocks != 0 ? settings.blocks : settings.max_items;
  const std::uint64_t key = record_header + settings.keysize;
  const std::uint64_t keys = key * settings.max_items;
  const std::uint64_t data = settings.blocksize * blocks;
  return fmt::format(
      "*** Cache \"{}\" initialized: {}MB (key: {} bytes, keys: {} bytes, data: {} bytes, "
      "bitmap: 0 bytes) preallocated ***",
      settings.name, (keys + data) / 1048576, key, keys, data);
}

}  // namespace reprise::cache
