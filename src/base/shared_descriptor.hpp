#pragma once

#include <atomic>
#include <cstdint>

#include "base/unique_fd.hpp"

namespace reprise {

// A descriptor that one process renews and others take over: they may have no right to open what it
// is of. A number in shared memory says that there is something new; the descriptor itself lies in
// a socket, where each process looks at it without taking it away.
class SharedDescriptor {
public:
  // What it is made of, for a program that goes on with it behind an exec.
  struct Parts {
    UniqueFd memory;
    UniqueFd giver;
    UniqueFd taker;
  };
  struct Numbers {
    int memory, giver, taker;
  };

  // From now on: for processes that are forked later. Throws std::system_error.
  void share();
  // And for those that a former program shared these parts with, if they are what they should be.
  void share(Parts former);

  bool is_shared() const { return newest_ != nullptr; }
  Numbers numbers() const { return {memory_.get(), giver_.get(), taker_.get()}; }

  // For one process. Nothing happens if nothing is shared. Throws std::system_error.
  void put(int fd);
  // What put() gave elsewhere since the last time, for any thread of any process; or nothing.
  UniqueFd news() noexcept;

private:
  void map();

  std::atomic<std::uint64_t>* newest_ = nullptr;  // shared; never unmapped
  std::atomic<std::uint64_t> seen_{0};
  UniqueFd memory_;
  UniqueFd giver_;
  UniqueFd taker_;
};

}  // namespace reprise
