#pragma once

#include <vector>

#include "base/written.hpp"

namespace reprise::stats {

// spec/process/stats.md 1.
struct Settings {
  std::vector<Written> addresses;  // `stats`
  bool http = false;               // stats-http: an HTTP head before the document
  bool cores = true;               // of workers; stats-no-cores: left out
  bool minified = false;           // stats-minified
};

}  // namespace reprise::stats
