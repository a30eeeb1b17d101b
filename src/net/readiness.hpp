#pragma once

#include "net/reactor.hpp"

namespace reprise::net {

// Waits for one descriptor, edge-triggered. Does not own it.
class Readiness {
public:
  enum class Kind {
    connection,  // the descriptor is this object's alone: closing it ends everything
    listener,    // other processes wait for it too, and one of them is enough. For input only.
  };

  Readiness(asio::io_context& io, int fd, Kind kind);
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;
  ~Readiness();

  // Suspends until there is input (an end and an error count as such), or room for output; or until
  // cancel() (operation_aborted) or with the system's reason if it cannot be waited for. One at a
  // time for each of both.
  awaitable<error_code> input();
  awaitable<error_code> output();

  // Begins to watch for input, which input() does by itself if it has to. The error if the system
  // has no room for it.
  error_code start() { return watch(input_wanted); }

  // The descriptor has been read empty: the next input() need not ask the kernel about it. (Once
  // its end is known to have come it does: that makes no second event.)
  void emptied() {
    if (input_ != Input::there && !ended_) input_ = Input::none;
  }

  // True once news of the other side's end has come; input may be left in front of it.
  bool ended() const { return ended_; }

  // How often there has been news of input.
  std::uint64_t input_events() const { return input_events_; }

  // Wakes those who wait.
  void cancel();

  // Forgets the descriptor, which may be closed or left to others. The next wait begins anew.
  void remove();

private:
  friend class Reactor;
  enum class Input : std::uint8_t { unknown, none, there };

  static const std::uint32_t input_wanted;

  void happened(std::uint32_t events);
  error_code watch(std::uint32_t events);

  Reactor& reactor_;
  Waiter for_input_;
  Waiter for_output_;
  int fd_;
  Kind kind_;
  Input input_ = Input::unknown;
  bool ended_ = false;
  std::uint32_t watched_ = 0;
  std::uint64_t name_ = 0;
  std::uint64_t input_events_ = 0;
};

}  // namespace reprise::net
