#include "cache/caches.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace reprise::cache {

Cache* Caches::find(std::string_view name) const {
  for (const auto& cache : all_) {
    if (cache->settings().name == name) return cache.get();
  }
  return nullptr;
}

bool any_is_swept(const std::vector<Settings>& caches) {
  return std::any_of(caches.begin(), caches.end(), [](const Settings& settings) {
    return settings.expiring == Expiring::sweeper;
  });
}

std::string start_line(const Settings& settings) {
  constexpr std::uint64_t record_header = 88;
  const std::uint64_t blocks = settings.all_blocks();
  const std::uint64_t key = record_header + settings.keysize;
  const std::uint64_t keys = key * settings.max_items;
  const std::uint64_t data = settings.blocksize * blocks;
  return fmt::format(
      "*** Cache \"{}\" initialized: {}MB (key: {} bytes, keys: {} bytes, data: {} bytes, "
      "bitmap: {} bytes) preallocated ***",
      settings.name, (keys + data) / 1048576, key, keys, data,
      settings.bitmap ? (blocks + 7) / 8 : 0);
}

}  // namespace reprise::cache
