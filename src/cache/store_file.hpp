#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/unique_fd.hpp"
#include "cache/cache.hpp"

namespace reprise::cache {

// A store that this program cannot or must not use; what() says why and what to do.
class StoreRefused : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

struct OpenedStore {
  std::unique_ptr<Cache> cache;
  std::vector<std::string> lines;  // to log, in uWSGI's words
};

enum class StorePurpose {
  use,
  check,  // whether use would succeed: changes no file, and the cache is one of memory
};

// Opens the file settings.store, or makes it (mode 0600), as a cache that survives its processes.
// An item that was not completely written when everything died, or whose bytes do not match their
// checksum, is dropped, as is what has expired; nothing else that stands in the file is believed. A
// file that does not fit is refused or, with settings.replace_store, replaced.
// The file is locked for as long as any process has the cache: two nodes do not share one.
// `inherited` is what a former generation of this node had; the lock is its already then.
// Throws StoreRefused, std::system_error, and what Cache::create() throws.
OpenedStore open_store(const Settings& settings, UnixSeconds now, StorePurpose purpose,
                       UniqueFd inherited = {});

}  // namespace reprise::cache
