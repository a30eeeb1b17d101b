#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/written.hpp"

namespace reprise::stats {

// spec/process/stats.md 1.
struct Settings {
  std::vector<Written> addresses;  // `stats`
  bool http = false;               // stats-http: an HTTP head before the document
  bool cores = true;               // of workers; stats-no-cores: left out
  bool minified = false;           // stats-minified

  // `stats-push = file:…`: the document is put behind what stands in a file, every so often.
  struct Push {
    Written path;
    std::chrono::seconds period{0};  // 0: push_period
    std::string separator = "\n\n";  // behind each document
  };
  std::vector<Push> pushes;
  std::chrono::seconds push_period{3};  // stats-pusher-default-freq
};

}  // namespace reprise::stats
