#pragma once

#include <chrono>
#include <functional>

#include <boost/intrusive/set_hook.hpp>

#include "net/waiter.hpp"

namespace reprise::net {

class Reactor;

// A moment to wait for, to the millisecond (0 to 1 ms late). For the many deadlines of connections
// see Deadline, which is cheaper.
class Timer : public boost::intrusive::set_base_hook<
                  boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
  using Clock = std::chrono::steady_clock;

  explicit Timer(asio::io_context& io);
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Suspends for so long, or until cancel() (operation_aborted).
  awaitable<error_code> wait(Clock::duration duration);

  // The same with a callback. Once the time has come it is called, even if the timer is gone by
  // then.
  void start(Clock::duration duration, std::function<void(error_code)> done);

  void cancel();

  friend bool operator<(const Timer& a, const Timer& b) { return a.at_ < b.at_; }

private:
  friend class Reactor;
  void begin(Clock::duration duration);

  Reactor& reactor_;
  Waiter waiter_;
  Clock::time_point at_;
};

}  // namespace reprise::net
