#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cache/cache.hpp"

namespace reprise::cache {

// All caches of a process tree, in order of creation.
class Caches {
public:
  void add(std::unique_ptr<Cache> cache) { all_.push_back(std::move(cache)); }

  // The first of that name; null if there is none.
  Cache* find(std::string_view name) const;

  const std::vector<std::unique_ptr<Cache>>& all() const { return all_; }

private:
  std::vector<std::unique_ptr<Cache>> all_;
};

// True if the sweeper has anything to do.
bool any_is_swept(const std::vector<Settings>& caches);

// uWSGI's line about a cache that was made (spec/cache/cache.md 1.3). Its numbers are the
// original's and say what the cache may come to; ours takes memory as it is used.
std::string start_line(const Settings& settings);

}  // namespace reprise::cache
