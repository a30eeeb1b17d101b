#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include <boost/intrusive/list.hpp>
#include <boost/intrusive/list_hook.hpp>

#include "net/reactor.hpp"

namespace reprise::net {

class Deadlines;

// A moment by which something has to have happened. Moving it costs an assignment, so it may be
// moved on every byte. When it passes, the callback runs once, 0 to one sweep late.
class Deadline {
public:
  using Clock = std::chrono::steady_clock;
  static constexpr Clock::time_point never = Clock::time_point::max();

  // `deadlines` outlives this. `passed` must not throw; it usually cancels a socket.
  Deadline(Deadlines& deadlines, std::function<void()> passed);
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  ~Deadline() = default;

  Deadline& operator=(Clock::time_point at);
  void set_from_now(Clock::duration duration);
  Clock::time_point at() const { return at_; }

  // True once it has passed, until it is moved.
  bool has_passed() const { return passed_; }

private:
  friend class Deadlines;
  using Hook = boost::intrusive::list_member_hook<
      boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

  Deadlines& deadlines_;
  std::function<void()> on_pass_;
  Clock::time_point at_ = never;
  bool passed_ = false;
  Hook hook_;
};

// All deadlines of one process, looked over by one timer, so that a session costs none.
class Deadlines {
public:
  explicit Deadlines(asio::io_context& io,
                     std::chrono::milliseconds interval = std::chrono::milliseconds(250));
  Deadlines(const Deadlines&) = delete;
  Deadlines& operator=(const Deadlines&) = delete;

  // Runs the callbacks of those that have passed by `now`. Public for tests; the timer calls it.
  void sweep(Deadline::Clock::time_point now);

private:
  friend class Deadline;
  using List = boost::intrusive::list<
      Deadline, boost::intrusive::member_hook<Deadline, Deadline::Hook, &Deadline::hook_>,
      boost::intrusive::constant_time_size<false>>;

  void add(Deadline& deadline);
  void start_timer();

  Timer timer_;
  std::chrono::milliseconds interval_;
  bool ticking_ = false;  // only while somebody waits: an idle process is not woken
  List list_;
  // The timer's callback may be under way already when this goes.
  std::shared_ptr<Deadlines*> self_ = std::make_shared<Deadlines*>(this);
};

}  // namespace reprise::net
