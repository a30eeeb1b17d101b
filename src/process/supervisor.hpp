#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

namespace reprise::process {

// Which child runs in which place, and when one that died is started again. Decides only: no system
// calls, time comes in as an argument.
class Supervisor {
public:
  using Clock = std::chrono::steady_clock;

  explicit Supervisor(std::size_t places);

  // A place whose child should be started now.
  std::optional<std::size_t> due(Clock::time_point now) const;

  // How long until one is due; nothing if all run.
  std::optional<Clock::duration> until_due(Clock::time_point now) const;

  void started(std::size_t place, pid_t pid, Clock::time_point now);

  // The place whose child ended; nothing if the pid is none of ours. A child that lived ten seconds
  // is replaced at once; one that dies young waits 0, 0.1, 0.2, 0.4 … 5 s,
  // unless it was to end (`orderly`).
  std::optional<std::size_t> ended(pid_t pid, Clock::time_point now, bool orderly = false);

  // Starting failed (fork had no memory, say): as if the child had died at once.
  void failed(std::size_t place, Clock::time_point now);

  // This place is to be empty: who runs there is not replaced. Until `wake`.
  void rest(std::size_t place) { places_[place].resting = true; }
  void wake(std::size_t place) { places_[place].resting = false; }
  bool rests(std::size_t place) const { return places_[place].resting; }

  // 0: does not run.
  pid_t pid(std::size_t place) const { return places_[place].pid; }
  // How often a child was started in this place.
  std::size_t starts(std::size_t place) const { return places_[place].starts; }
  std::size_t size() const { return places_.size(); }
  bool any_running() const;

private:
  struct Place {
    pid_t pid = 0;
    std::size_t starts = 0;
    unsigned early_deaths = 0;
    bool resting = false;
    Clock::time_point started{};
    Clock::time_point not_before{};
  };
  static void schedule(Place& place, Clock::time_point now);

  std::vector<Place> places_;
};

}  // namespace reprise::process
