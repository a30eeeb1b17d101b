#include "application/spare_workers.hpp"

#include <algorithm>

namespace reprise::application {

SpareWorkers::SpareWorkers(const CheaperSettings& settings, std::size_t most)
    : least_(std::min(static_cast<std::size_t>(settings.least), most)),
      first_(std::clamp(static_cast<std::size_t>(settings.initial), least_, most)),
      step_(static_cast<std::size_t>(settings.step)),
      most_(most),
      patience_(settings.overload) {}

std::size_t SpareWorkers::first() const {
  return first_;
}

int SpareWorkers::look(std::size_t running, std::size_t busy, Clock::time_point now) {
  std::optional<Clock::time_point>& since = busy < running ? some_idle_since_ : all_busy_since_;
  (busy < running ? all_busy_since_ : some_idle_since_).reset();
  if (!since) since = now;
  if (now - *since < patience_) return 0;
  since = now;
  if (busy < running) return running > least_ ? -1 : 0;
  return static_cast<int>(std::min(step_, most_ - std::min(running, most_)));
}

}  // namespace reprise::application
