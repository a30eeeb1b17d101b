#pragma once

#include <atomic>
#include <cstdint>

#include "base/unique_fd.hpp"

namespace reprise::log {

// Lets the one process that opens log files have the others write to what it opened: they may have
// no right to open it. A number in shared memory says that there is something new; the descriptor
// itself lies in a socket, where each process looks at it without taking it away.
class SharedOutput {
public:
  // As declared in base/log.hpp.
  void share();
  void redirect(int fd);
  void follow() noexcept;

private:
  std::atomic<std::uint64_t>* newest_ = nullptr;  // shared; never unmapped
  std::atomic<std::uint64_t> seen_{0};
  UniqueFd giver_;
  UniqueFd taker_;
};

SharedOutput& shared_output();

}  // namespace reprise::log
