#pragma once

#include <signal.h>

#include <chrono>
#include <optional>

#include "base/unique_fd.hpp"

namespace reprise::process {

// Lets SIGINT, SIGQUIT and SIGTERM end the program while it starts, also where whoever started it
// ignores them: shells do that for what they run in the background, and a signal would be lost.
void let_signals_end_the_start();

// Keeps a SIGHUP that comes while the program starts until there is a master to act on it.
void hold_reloads();

// The signals that the master acts on, blocked for the life of the object and taken one at a time:
// no handler ever runs in the master. They stay blocked across an exec, so a reload loses none.
class MasterSignals {
public:
  MasterSignals();

  // The next pending signal, or nothing after `timeout` or once `fd` is readable; -1 is none.
  std::optional<int> wait(std::chrono::milliseconds timeout, int fd = -1);

private:
  sigset_t set_;
  UniqueFd pending_;
};

}  // namespace reprise::process
