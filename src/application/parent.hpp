#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "application/host.hpp"
#include "application/parent_signals.hpp"
#include "application/spare_workers.hpp"
#include "application/worker.hpp"
#include "process/supervisor.hpp"

namespace reprise::application {

// What the parent tells of, for log lines. Workers count from 0.
class ParentObserver {
public:
  virtual ~ParentObserver() = default;
  virtual void spawned(std::size_t worker, pid_t pid, bool again) = 0;
  virtual void died(std::size_t worker, pid_t pid, int wait_status) = 0;
  // It was asked to end, or had served as many requests as it may.
  virtual void ended(std::size_t worker, pid_t pid) = 0;
  virtual void buried(std::size_t worker, pid_t pid) = 0;
  // There was too little to do for it.
  virtual void cheaped(std::size_t worker, pid_t pid) = 0;
  virtual void harakiri(std::size_t worker, pid_t pid) = 0;
  enum class Consequence { serves_without, ends, predecessors_stay };
  virtual void no_app(Consequence consequence) = 0;
  // A worker has found no application, and so the instance ends.
  virtual void destroying() = 0;
  // A chain reload begins, goes on to a worker, and is over.
  virtual void chain_begins() = 0;
  virtual void chain_victim(std::size_t worker) = 0;
  virtual void chain_complete() = 0;
  // In the worker, at its start.
  virtual void became_worker(std::size_t worker) = 0;
};

// The exit status if there is no application and one is needed.
inline constexpr int no_app_status = 22;

// The application parent: loads the applications, forks the workers, replaces them. A child of the
// master, which keeps all of this out of its own process.
class Parent {
public:
  Parent(const Environment& environment, Host& host, ParentObserver& observer);

  // The life of this process, and of the workers', which begins in this very call. Returns the exit
  // status. SIGTERM and SIGINT end the workers at once, SIGQUIT lets them finish; SIGHUP replaces
  // them, SIGUSR1 one after the other.
  int run();

private:
  using Clock = process::Supervisor::Clock;

  bool load();
  ParentObserver::Consequence without_app() const;
  // In a new worker: its index.
  std::optional<std::size_t> start_due();
  int run_worker(std::size_t index);
  void reap();
  void worker_ended(std::size_t worker, pid_t pid, int wait_status);
  bool is_fatal(int wait_status) const;
  void adapt_to_load();
  bool can_take_more(std::size_t worker) const;
  void start_more(int count);
  void end_an_idle_one();
  void end_workers(int signal);
  void signal_workers(int signal);
  void replace(std::size_t worker);
  void replace_all();
  void begin_chain();
  void begin_link(std::size_t worker);
  void go_on_with_chain();
  void kill_the_slow();
  void kill_the_lingering();
  bool is_too_slow(std::size_t worker) const;
  void forget_requests(std::size_t worker) const;
  std::chrono::milliseconds next_wait() const;

  const Environment& environment_;
  Host& host_;
  ParentObserver& observer_;
  process::Supervisor supervisor_;
  std::optional<ParentSignals> signals_;
  std::optional<SpareWorkers> spare_;  // nothing: all workers run always
  Clock::time_point next_look_{};      // at their load
  std::vector<bool> killed_;
  std::vector<std::optional<Clock::time_point>> ending_since_;  // as its row says
  std::optional<std::size_t> chain_;  // the worker of a chain reload that is being replaced
  pid_t chain_pid_ = 0;               // the one it was before
  bool ending_ = false;
  int status_ = 0;
};

}  // namespace reprise::application
