#include "process/supervisor.hpp"

#include <algorithm>
#include <cassert>

namespace reprise::process {
namespace {

using namespace std::chrono_literals;

constexpr auto long_enough = 10s;
constexpr Supervisor::Clock::duration first_delay = 100ms;
constexpr Supervisor::Clock::duration longest_delay = 5s;

}  // namespace

Supervisor::Supervisor(std::size_t places) : places_(places) {}

std::optional<std::size_t> Supervisor::due(Clock::time_point now) const {
  for (std::size_t i = 0; i < places_.size(); ++i) {
    if (places_[i].pid == 0 && !places_[i].resting && places_[i].not_before <= now) return i;
  }
  return {};
}

std::optional<Supervisor::Clock::duration> Supervisor::until_due(Clock::time_point now) const {
  std::optional<Clock::duration> shortest;
  for (const Place& place : places_) {
    if (place.pid != 0 || place.resting) continue;
    const auto wait = std::max(place.not_before - now, Clock::duration::zero());
    if (!shortest || wait < *shortest) shortest = wait;
  }
  return shortest;
}

void Supervisor::started(std::size_t place, pid_t pid, Clock::time_point now) {
  assert(place < places_.size());
  places_[place].pid = pid;
  places_[place].started = now;
  ++places_[place].starts;
}

void Supervisor::schedule(Place& place, Clock::time_point now) {
  if (now - place.started >= long_enough) place.early_deaths = 0;
  auto delay = Clock::duration::zero();
  if (place.early_deaths > 0) {
    const unsigned doublings = std::min(place.early_deaths - 1, 6u);
    delay = std::min(first_delay * (1 << doublings), longest_delay);
  }
  ++place.early_deaths;
  place.not_before = now + delay;
  place.pid = 0;
}

std::optional<std::size_t> Supervisor::ended(pid_t pid, Clock::time_point now, bool orderly) {
  for (std::size_t i = 0; i < places_.size(); ++i) {
    if (pid == 0 || places_[i].pid != pid) continue;
    schedule(places_[i], now);
    if (orderly) places_[i].early_deaths = 0;
    if (orderly) places_[i].not_before = now;
    return i;
  }
  return {};
}

void Supervisor::failed(std::size_t place, Clock::time_point now) {
  assert(place < places_.size());
  places_[place].started = now;
  places_[place].early_deaths = std::max(places_[place].early_deaths, 1u);
  schedule(places_[place], now);
}

bool Supervisor::any_running() const {
  return std::any_of(places_.begin(), places_.end(), [](const Place& p) { return p.pid != 0; });
}

}  // namespace reprise::process
