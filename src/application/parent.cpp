#include "application/parent.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "process/fork.hpp"
#include "process/master.hpp"
#include "process/signals.hpp"

namespace reprise::application {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds longest_wait = 1s;
constexpr std::chrono::milliseconds harakiri_period = 200ms;

}  // namespace

Parent::Parent(const Environment& environment, Host& host, ParentObserver& observer)
    : environment_(environment),
      host_(host),
      observer_(observer),
      supervisor_(environment.scoreboard.workers()),
      killed_(environment.scoreboard.workers()),
      ending_since_(environment.scoreboard.workers()) {}

bool Parent::load() {
  if (host_.load() > 0) return true;
  observer_.no_app(environment_.settings.need_app);
  return !environment_.settings.need_app;
}

int Parent::run() {
  if (!environment_.settings.lazy && !load()) return no_app_status;
  process::MasterSignals signals;
  for (;;) {
    if (!ending_) {
      if (const auto worker = start_due()) return run_worker(*worker);
    }
    const std::optional<int> signal = signals.wait(next_wait());
    if (signal == SIGTERM || signal == SIGINT) end_workers(SIGTERM);
    if (signal == SIGQUIT) end_workers(SIGQUIT);
    if (signal == SIGHUP) replace_all();
    if (signal == SIGUSR1) begin_chain();
    if (signal == process::look_signal) {
      log::follow();
      signal_workers(process::look_signal);
    }
    reap();
    go_on_with_chain();
    kill_the_slow();
    kill_the_lingering();
    if (ending_ && !supervisor_.any_running()) return 0;
  }
}

std::optional<std::size_t> Parent::start_due() {
  while (const auto place = supervisor_.due(Clock::now())) {
    WorkerRow& row = environment_.scoreboard.worker(*place);
    row.since_spawn.set(0);
    row.accepting.set(0);
    row.ending.set(0);
    forget_requests(*place);
    row.last_spawn.set(unix_now());
    try {
      host_.before_fork();
      const process::Forked forked = process::fork_child({});
      if (forked.side == process::Side::child) return place;
      host_.after_fork_in_parent();
      const bool again = row.spawns.get() > 0;
      row.spawns.add();
      row.pid.set(static_cast<std::uint64_t>(forked.pid));
      killed_[*place] = false;
      ending_since_[*place].reset();
      supervisor_.started(*place, forked.pid, Clock::now());
      observer_.spawned(*place, forked.pid, again);
    } catch (const std::system_error& e) {
      host_.after_fork_in_parent();
      log::event(log::Level::error, "worker.fork", {{"reason", e.what()}});
      supervisor_.failed(*place, Clock::now());
    }
  }
  return {};
}

int Parent::run_worker(std::size_t index) {
  observer_.became_worker(index);
  // Before anything is loaded: it may be told to end meanwhile.
  Worker worker(environment_, host_, static_cast<unsigned>(index));
  host_.after_fork_in_worker(static_cast<unsigned>(index + 1));
  if (environment_.settings.lazy && !load()) return no_app_status;
  return worker.run();
}

void Parent::reap() {
  for (std::size_t i = 0; i < supervisor_.size(); ++i) {
    const pid_t pid = supervisor_.pid(i);
    int status = 0;
    // By pid: children of the application's own are not ours to wait for.
    if (pid <= 0 || ::waitpid(pid, &status, WNOHANG) != pid) continue;
    WorkerRow& row = environment_.scoreboard.worker(i);
    row.pid.set(0);
    row.accepting.set(0);
    forget_requests(i);
    const bool orderly = row.ending.get() != 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    supervisor_.ended(pid, Clock::now(), orderly);
    if (ending_) {
      observer_.buried(i, pid);
    } else if (orderly) {
      observer_.ended(i, pid);
    } else {
      observer_.died(i, pid, status);
    }
  }
}

void Parent::forget_requests(std::size_t worker) const {
  for (std::size_t core = 0; core < environment_.scoreboard.cores(); ++core)
    environment_.scoreboard.core(worker, core).busy.set(0);
}

void Parent::end_workers(int signal) {
  ending_ = true;
  signal_workers(signal);
}

void Parent::signal_workers(int signal) {
  for (std::size_t i = 0; i < supervisor_.size(); ++i) {
    if (supervisor_.pid(i) > 0) ::kill(supervisor_.pid(i), signal);
  }
}

// What it has begun is finished; its row says so from now on, which bounds the time for it.
void Parent::replace(std::size_t worker) {
  if (ending_ || supervisor_.pid(worker) <= 0) return;
  environment_.scoreboard.worker(worker).ending.set(1);
  ::kill(supervisor_.pid(worker), SIGHUP);
}

void Parent::replace_all() {
  for (std::size_t i = 0; i < supervisor_.size(); ++i)
    replace(i);
}

void Parent::begin_chain() {
  if (ending_ || chain_) return;
  observer_.chain_begins();
  begin_link(0);
}

void Parent::begin_link(std::size_t worker) {
  chain_ = worker;
  chain_pid_ = supervisor_.pid(worker);
  observer_.chain_victim(worker);
  replace(worker);
}

// To the next worker, once the one that took the last one's place accepts.
void Parent::go_on_with_chain() {
  if (!chain_ || ending_) return;
  const pid_t pid = supervisor_.pid(*chain_);
  const bool replaced = pid > 0 && pid != chain_pid_;
  if (!replaced || environment_.scoreboard.worker(*chain_).accepting.get() == 0) return;
  if (*chain_ + 1 < supervisor_.size()) return begin_link(*chain_ + 1);
  chain_.reset();
  observer_.chain_complete();
}

bool Parent::is_too_slow(std::size_t worker) const {
  const auto now = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(coarse_now().time_since_epoch())
          .count());
  for (std::size_t i = 0; i < environment_.scoreboard.cores(); ++i) {
    const CoreRow& core = environment_.scoreboard.core(worker, i);
    const std::uint64_t started = core.started_ticks.get();
    if (core.busy.get() == 0 || started == 0) continue;
    const std::uint64_t own = core.patience.get();
    const std::uint64_t patience =
        own > 0 ? own : static_cast<std::uint64_t>(environment_.settings.harakiri.count());
    if (patience > 0 && now > started + patience * 1000) return true;
  }
  return false;
}

void Parent::kill_the_slow() {
  for (std::size_t i = 0; i < supervisor_.size(); ++i) {
    if (supervisor_.pid(i) <= 0 || killed_[i] || !is_too_slow(i)) continue;
    killed_[i] = true;
    environment_.scoreboard.worker(i).harakiris.add();
    observer_.harakiri(i, supervisor_.pid(i));
    ::kill(supervisor_.pid(i), SIGKILL);
  }
}

// It takes no more requests: a client that dawdles, or an exit hook that hangs, must not keep its
// place for ever.
void Parent::kill_the_lingering() {
  for (std::size_t i = 0; i < supervisor_.size(); ++i) {
    const pid_t pid = supervisor_.pid(i);
    if (pid <= 0 || killed_[i] || environment_.scoreboard.worker(i).ending.get() == 0) continue;
    const auto now = Clock::now();
    if (!ending_since_[i]) ending_since_[i] = now;
    if (now - *ending_since_[i] < environment_.mercy) continue;
    killed_[i] = true;
    log::event(log::Level::warning, "worker.lingers", {{"pid", std::to_string(pid)}});
    ::kill(pid, SIGKILL);
  }
}

std::chrono::milliseconds Parent::next_wait() const {
  auto wait = longest_wait;
  if (environment_.settings.harakiri.count() > 0) wait = harakiri_period;
  if (ending_ || chain_) return std::min<std::chrono::milliseconds>(wait, 100ms);
  if (const auto due = supervisor_.until_due(Clock::now())) {
    wait = std::min(wait, std::chrono::ceil<std::chrono::milliseconds>(*due));
  }
  return wait;
}

}  // namespace reprise::application
