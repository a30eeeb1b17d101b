#include "application/parent.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <system_error>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "process/fork.hpp"
#include "process/master.hpp"
#include "process/signals.hpp"

namespace reprise::application {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds longest_wait = 1s;
constexpr std::chrono::milliseconds harakiri_period = 200ms;
constexpr std::chrono::milliseconds load_period = 1s;

}  // namespace

Parent::Parent(const Environment& environment, Host& host, ParentObserver& observer)
    : environment_(environment),
      host_(host),
      observer_(observer),
      supervisor_(environment.scoreboard.workers()),
      killed_(environment.scoreboard.workers()),
      ending_since_(environment.scoreboard.workers()) {
  const CheaperSettings& cheaper = environment.settings.cheaper;
  if (cheaper.least == 0) return;
  spare_.emplace(cheaper, supervisor_.size());
  for (std::size_t i = spare_->first(); i < supervisor_.size(); ++i)
    supervisor_.rest(i);
}

ParentObserver::Consequence Parent::without_app() const {
  using Consequence = ParentObserver::Consequence;
  const bool replaces = environment_.scoreboard.common().predecessors.get() > 0;
  if (replaces && !environment_.settings.apps.empty()) return Consequence::predecessors_stay;
  return environment_.settings.need_app ? Consequence::ends : Consequence::serves_without;
}

bool Parent::load() {
  if (host_.load() > 0) return true;
  const auto consequence = without_app();
  observer_.no_app(consequence);
  return consequence == ParentObserver::Consequence::serves_without;
}

// Signals have their usual meaning while applications are loaded: nothing is lost by an end then.
int Parent::run() {
  if (!environment_.settings.lazy && !load()) return no_app_status;
  signals_.emplace();
  for (;;) {
    if (!ending_) {
      if (const auto worker = start_due()) return run_worker(*worker);
    }
    const std::optional<int> signal = signals_->wait(next_wait());
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
    if (spare_ && !ending_) adapt_to_load();
    if (ending_ && !supervisor_.any_running()) return status_;
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
  signals_.reset();
  observer_.became_worker(index);
  // Before anything is loaded: it may be told to end meanwhile.
  Worker worker(environment_, host_, static_cast<unsigned>(index));
  host_.after_fork_in_worker(static_cast<unsigned>(index + 1));
  if (environment_.settings.lazy && !load()) return no_app_status;
  if (const std::string& directory = environment_.settings.worker_directory.text;
      !directory.empty()) {
    log::line("chdir() to {}", directory);
    if (::chdir(directory.c_str()) != 0) {
      log::line("chdir(): {}", last_system_error().message());
      return EXIT_FAILURE;
    }
  }
  return worker.run();
}

void Parent::reap() {
  for (std::size_t i = 0; i < supervisor_.size(); ++i) {
    const pid_t pid = supervisor_.pid(i);
    int status = 0;
    // By pid: children of the application's own are not ours to wait for.
    if (pid <= 0 || ::waitpid(pid, &status, WNOHANG) != pid) continue;
    worker_ended(i, pid, status);
  }
}

void Parent::worker_ended(std::size_t worker, pid_t pid, int wait_status) {
  WorkerRow& row = environment_.scoreboard.worker(worker);
  row.pid.set(0);
  row.accepting.set(0);
  forget_requests(worker);
  const bool orderly =
      row.ending.get() != 0 && WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0;
  supervisor_.ended(pid, Clock::now(), orderly);
  if (ending_) return observer_.buried(worker, pid);
  if (supervisor_.rests(worker)) return observer_.cheaped(worker, pid);
  if (orderly) return observer_.ended(worker, pid);
  observer_.died(worker, pid, wait_status);
  if (!is_fatal(wait_status)) return;
  observer_.destroying();
  status_ = no_app_status;
  end_workers(SIGTERM);
}

// A worker that should have loaded the applications by itself (lazy) has none, and no other worker
// has had any so far.
bool Parent::is_fatal(int wait_status) const {
  return WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == no_app_status &&
         without_app() == ParentObserver::Consequence::ends &&
         environment_.scoreboard.loaded(0).loaded.get() == 0;
}

bool Parent::can_take_more(std::size_t worker) const {
  for (std::size_t core = 0; core < environment_.scoreboard.cores(); ++core) {
    if (environment_.scoreboard.core(worker, core).busy.get() == 0) return true;
  }
  return false;
}

void Parent::adapt_to_load() {
  const auto now = Clock::now();
  if (now < next_look_) return;
  next_look_ = now + load_period;
  std::size_t wanted = 0, busy = 0;
  for (std::size_t i = 0; i < supervisor_.size(); ++i) {
    if (supervisor_.rests(i)) continue;
    ++wanted;
    // One that still loads is no help, but will be.
    const bool ready = environment_.scoreboard.worker(i).accepting.get() != 0;
    if (ready && !can_take_more(i)) ++busy;
  }
  const int change = spare_->look(wanted, busy, now);
  if (change > 0) start_more(change);
  if (change < 0) end_an_idle_one();
}

void Parent::start_more(int count) {
  for (std::size_t i = 0; i < supervisor_.size() && count > 0; ++i) {
    // The place of one that has not ended yet is not free.
    if (!supervisor_.rests(i) || supervisor_.pid(i) > 0) continue;
    supervisor_.wake(i);
    --count;
  }
}

void Parent::end_an_idle_one() {
  for (std::size_t i = supervisor_.size(); i-- > 0;) {
    if (supervisor_.rests(i) || supervisor_.pid(i) <= 0 || killed_[i]) continue;
    WorkerRow& row = environment_.scoreboard.worker(i);
    bool idle = row.accepting.get() != 0 && row.ending.get() == 0;
    for (std::size_t core = 0; core < environment_.scoreboard.cores(); ++core)
      idle = idle && environment_.scoreboard.core(i, core).busy.get() == 0;
    if (!idle) continue;
    supervisor_.rest(i);
    row.ending.set(1);
    ::kill(supervisor_.pid(i), SIGQUIT);
    return;
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
  const bool accepts = replaced && environment_.scoreboard.worker(*chain_).accepting.get() != 0;
  // A place without a worker has none of the old code; there may be one later, of the new.
  if (!accepts && !supervisor_.rests(*chain_)) return;
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
