#pragma once

#include <string>
#include <vector>

namespace reprise::stats {

// spec/process/stats.md 1.
struct Settings {
  std::vector<std::string> addresses;  // `stats`, as written
  bool http = false;                   // stats-http: an HTTP head before the document
  bool minified = false;               // stats-minified
};

}  // namespace reprise::stats
