#pragma once

#include <signal.h>

#include <functional>
#include <initializer_list>

#include "base/unique_fd.hpp"
#include "net/readiness.hpp"

namespace reprise::net {

// Takes signals as events of the loop. They are blocked while this lives, which is as long as the
// loop runs.
class Signals {
public:
  // Throws std::system_error. `received` is called from the loop with each signal's number.
  Signals(asio::io_context& io, std::initializer_list<int> signals,
          std::function<void(int)> received);
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  ~Signals();

private:
  awaitable<void> run();

  sigset_t signals_;
  UniqueFd fd_;
  Readiness readiness_;
  std::function<void(int)> received_;
};

}  // namespace reprise::net
