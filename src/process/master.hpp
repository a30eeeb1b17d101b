#pragma once

#include <signal.h>

#include <chrono>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "process/control.hpp"
#include "process/handover.hpp"
#include "process/privileges.hpp"
#include "process/signals.hpp"
#include "process/supervisor.hpp"

namespace reprise::process {

// When a child ends at a stop.
enum class StopPlace {
  at_once,
  finishes,  // told by SIGINT, it ends when what is under way has
  last,      // those that finish need it
};

// A child to keep running.
struct ChildSpec {
  std::string name;          // "uWSGI http 1"
  std::function<int()> run;  // called in the child by main; gives its exit status
  std::optional<int> fatal_status =
      {};  // an exit status of the first child that ends the program, unless it was reloaded
  // After a reload: whether the former child of this name may go. Empty: as soon as this one runs.
  std::function<bool()> has_taken_over = {};
  bool has_workers = false;  // of its own, which it replaces at a SIGHUP, or a SIGUSR1: in turn
  StopPlace at_stop = StopPlace::at_once;
};

// Tells a child to look at what the master has said in shared memory: whether it is to accept, and
// where log lines go.
inline constexpr int look_signal = SIGTSTP;

// What the master tells of; the application turns it into log lines and rows of the stats.
class MasterObserver {
public:
  virtual ~MasterObserver() = default;
  virtual void spawned(std::size_t place, pid_t pid, bool again) = 0;
  virtual void died(std::size_t place, pid_t pid, int wait_status) = 0;
  virtual void buried(const std::string& name, pid_t pid) = 0;  // ended because it was told to
  virtual void stopping(bool graceful) = 0;
  virtual void reloading(bool brutal) = 0;  // the new configuration is valid
  virtual void reload_refused() = 0;        // it is not; the check has said why
  virtual void print_status() = 0;          // SIGUSR1
  virtual void write_pidfiles() = 0;
  virtual void pause_or_resume() = 0;
  virtual void renew_log(bool rotate) = 0;
  // A file orders what is told next; or, of the fifo, another one was chosen, or nothing was meant.
  virtual void ordered(const Request& request) = 0;
  // A signal that a child without the right to send it wants the master to act on, once; or 0.
  virtual int wanted_signal() { return 0; }
  // What the program itself orders, asked about once a second at least.
  virtual Order due() { return Order::none; }
};

// The parent of everything: forks, waits, restarts, passes signals on. Runs no event loop and reads
// nothing that an outsider wrote.
class Master {
public:
  struct Options {
    bool term_stops = false;         // die-on-term, pid 1, systemd
    bool quit_reloads = false;       // die-on-term: what TERM did otherwise
    std::chrono::seconds mercy{60};  // how long a former generation may drain, or a graceful stop
    std::chrono::seconds finish{5};  // the same of those that finish at another stop
    Identity identity;               // of the children
    std::vector<std::string> fifos;
    std::vector<Touch> touches;
  };

  struct Stopped {
    int status = 0;
  };
  struct RunChild {
    std::size_t place;
  };                // this is the child now
  struct Check {};  // this is the child that checks a configuration
  struct Reload {
    bool brutal;
  };  // exec the new program
  using Outcome = std::variant<Stopped, RunChild, Check, Reload>;

  // `former` is the generation before a reload. References outlive the master. Throws what
  // OrderFifo throws.
  Master(const std::vector<ChildSpec>& children, Options options, MasterObserver& observer,
         std::vector<Handover::Child> former, bool former_brutal);

  // Works until something has to happen outside of the loop: the end, the life of a child (which
  // begins in this very call), or an exec. May be called again after a Reload that failed.
  Outcome run();

  // The living children, to hand over.
  std::vector<Handover::Child> living() const;

private:
  enum class Phase { starting, running, stopping };
  // How what still runs was told to stop.
  enum class Stop { graceful, in_order, at_once };
  using Clock = Supervisor::Clock;

  std::optional<Outcome> start_due();
  std::optional<Outcome> act_on(int signal);
  std::optional<Outcome> follow_orders();
  std::optional<Outcome> follow(const Request& request);
  std::optional<Outcome> obey(Order order);
  std::optional<Outcome> begin_check(bool brutal);
  std::optional<Outcome> reap();
  void child_ended(std::size_t place, pid_t pid, int wait_status);
  std::optional<Outcome> check_ended(int wait_status);
  void begin_stop(bool graceful);
  void stop_at_once();
  void stop_last();
  bool some_finish() const;
  void dismiss_former();
  bool is_needed(const Handover::Child& former) const;
  void enforce_deadlines();
  void signal_all(StopPlace place, int signal);
  void signal_all(int signal);
  void kill_all();
  void signal_workers(int signal);
  std::chrono::milliseconds next_wait() const;
  bool everything_ended() const;

  const std::vector<ChildSpec>& children_;
  Options options_;
  MasterObserver& observer_;
  MasterSignals signals_;
  OrderFifo fifo_;
  TouchedFiles touched_;
  Supervisor supervisor_;
  struct Former {
    Handover::Child child;
    bool dismissed = false;
    Clock::time_point deadline = Clock::time_point::max();
  };
  std::vector<Former> former_;
  bool former_brutal_;
  bool is_first_;  // generation: not after a reload
  Phase phase_ = Phase::starting;
  Stop stop_ = Stop::at_once;
  bool last_were_told_ = false;
  int status_ = 0;  // of the program
  Clock::time_point stop_deadline_ = Clock::time_point::max();
  pid_t checker_ = 0;
  Clock::time_point checker_deadline_ = Clock::time_point::max();
  bool check_is_brutal_ = false;
  bool check_again_ = false;  // a reload was asked for while one was being checked
};

}  // namespace reprise::process
