#pragma once

#include <atomic>
#include <chrono>
#include <optional>

#include "base/unique_fd.hpp"

namespace reprise::application {

// The signals that the application parent acts on, taken by handlers and one at a time. No mask:
// threads that applications start when they are loaded may take a signal in the parent's place, and
// programs that they start would inherit a mask. One object a process.
class ParentSignals {
public:
  // Throws std::system_error.
  ParentSignals();
  ParentSignals(const ParentSignals&) = delete;
  ParentSignals& operator=(const ParentSignals&) = delete;
  ~ParentSignals();

  // SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, process::look_signal, SIGCHLD, in this order if
  // there are several; or nothing after `timeout`.
  std::optional<int> wait(std::chrono::milliseconds timeout);

private:
  std::optional<int> take();

  UniqueFd wakes_;
};

}  // namespace reprise::application
