#pragma once

#include <functional>
#include <string>

#include "cache/cache.hpp"

namespace reprise::cache {

// What a store file holds, as sums over its items.
struct StoreContents {
  std::uint64_t max_items = 0, blocksize = 0, blocks = 0, keysize = 0;  // blocks: of a bitmap
  std::uint64_t items = 0;
  std::uint64_t expired = 0;  // of them
  std::uint64_t key_bytes = 0, value_bytes = 0;
  std::uint64_t hits = 0;
  UnixSeconds oldest = 0, newest = 0;  // when written; 0: no items
};

// Reads a store without locking or changing it, also while a node is using it: then it is what was
// there at about one time. `show` (if not null) is called with every item. Throws StoreRefused for
// what is no store, std::system_error for what cannot be read.
StoreContents read_store(const std::string& path, UnixSeconds now,
                         const std::function<void(const ItemFacts&)>& show);

}  // namespace reprise::cache
