#pragma once

#include <cstdint>
#include <vector>

#include <boost/intrusive/set.hpp>

#include "base/unique_fd.hpp"
#include "net/timer.hpp"

namespace reprise::net {

class Readiness;

// The event loop's eyes: one epoll set for all descriptors and timers of a process. Asio's own
// re-arms a descriptor at every wait and reads its timers from another descriptor; here a
// connection costs one epoll_ctl in its life, a timer none, and listeners wake one process instead
// of all (EPOLLEXCLUSIVE). Asio runs the handlers and the coroutines; its sockets, timers and
// signal sets are not to be used beside this, nobody would wait for them.
class Reactor : public asio::execution_context::service {
public:
  // How Asio tells its services apart.
  static asio::execution_context::id id;

  static Reactor& of(asio::io_context& io) { return asio::use_service<Reactor>(io); }

  // Throws std::system_error.
  explicit Reactor(asio::io_context& io);

  // Runs handlers and waits for events until the io_context is stopped or has no work left.
  // What a handler throws comes out, and run() may be called again. How many handlers it ran.
  std::size_t run();

  // The same without waiting. False if nothing was there to be done.
  bool poll();

  // Ends the wait of a run() in another thread, which has posted to it or stopped it.
  void interrupt();

  // Suspends until the others have had their turn.
  awaitable<void> next_turn();

  // All who wait; see Waiter.
  Waiter::List& waiting() { return waiting_; }

private:
  friend class Readiness;
  friend class Timer;
  struct Slot {
    Readiness* owner = nullptr;
    std::uint32_t generation = 0;
  };
  using Timers = boost::intrusive::multiset<Timer, boost::intrusive::constant_time_size<false>>;

  void shutdown() noexcept override;
  std::uint64_t add(Readiness& readiness);
  void remove(std::uint64_t name);
  bool give_turns();
  int timeout() const;
  bool wait(int timeout);
  void report(std::uint64_t name, std::uint32_t events);
  bool expire_timers();

  asio::io_context& io_;
  UniqueFd epoll_;
  UniqueFd interrupter_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_slots_;
  Timers timers_;
  Waiter::List waiting_;
  Waiter::List turns_;
};

}  // namespace reprise::net
