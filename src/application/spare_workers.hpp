#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "application/settings.hpp"

namespace reprise::application {

// How many workers there should be (`cheaper`, uWSGI's algorithm "spare"): more while all of them
// have been busy for a while, one fewer at a time while some have been idle for as long. Decides
// only: no system calls, time comes in as an argument.
class SpareWorkers {
public:
  using Clock = std::chrono::steady_clock;

  // `most` is the number of places for workers. Not used unless settings.least > 0.
  SpareWorkers(const CheaperSettings& settings, std::size_t most);

  // Workers that begin.
  std::size_t first() const;

  // Looks at `running` workers of which `busy` can take no further request, and says how many are
  // to be started (positive) or to end (-1).
  int look(std::size_t running, std::size_t busy, Clock::time_point now);

private:
  std::size_t least_;
  std::size_t first_;
  std::size_t step_;
  std::size_t most_;
  std::chrono::seconds patience_;
  std::optional<Clock::time_point> all_busy_since_;
  std::optional<Clock::time_point> some_idle_since_;
};

}  // namespace reprise::application
