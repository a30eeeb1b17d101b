#include "process/master.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <system_error>

#include "base/log.hpp"
#include "process/fork.hpp"

namespace reprise::process {
namespace {

using namespace std::chrono_literals;

constexpr auto stop_grace = 2s;    // between SIGTERM and SIGKILL when stopping
constexpr auto check_limit = 30s;  // a configuration check that hangs is ended
constexpr std::chrono::milliseconds longest_wait = 1s;
constexpr std::chrono::milliseconds shortest_look = 100ms;  // at what tells no signal of its own
constexpr int orders_in_a_row = 64;  // of a fifo, before signals and children have their turn

}  // namespace

Master::Master(const std::vector<ChildSpec>& children, Options options, MasterObserver& observer,
               std::vector<Handover::Child> former, bool former_brutal)
    : children_(children),
      options_(std::move(options)),
      observer_(observer),
      fifo_(options_.fifos),
      touched_(options_.touches),
      supervisor_(children.size()),
      former_brutal_(former_brutal),
      is_first_(former.empty()) {
  for (Handover::Child& child : former)
    former_.push_back({std::move(child)});
  // Those that still serve: lines may go elsewhere now, and a pause is over.
  for (const Former& each : former_)
    ::kill(each.child.pid, look_signal);
}

Master::Outcome Master::run() {
  for (;;) {
    if (phase_ != Phase::stopping) {
      if (auto outcome = start_due()) return *outcome;
    }
    if (phase_ == Phase::starting) phase_ = Phase::running;
    if (phase_ == Phase::running) dismiss_former();  // only now: the new generation accepts
    const std::optional<int> signal = signals_.wait(next_wait(), fifo_.fd());
    if (signal && *signal != SIGCHLD) {
      if (auto outcome = act_on(*signal)) return *outcome;
    }
    if (auto outcome = follow_orders()) return *outcome;
    if (auto outcome = obey(observer_.due())) return *outcome;
    if (const int wanted = observer_.wanted_signal()) {
      if (auto outcome = act_on(wanted)) return *outcome;
    }
    if (auto outcome = reap()) return *outcome;
    enforce_deadlines();
    if (phase_ == Phase::stopping && !last_were_told_ && !some_finish()) stop_last();
    if (phase_ == Phase::stopping && everything_ended()) return Stopped{status_};
  }
}

std::optional<Master::Outcome> Master::start_due() {
  while (const auto place = supervisor_.due(Clock::now())) {
    try {
      const Forked forked = fork_child(options_.identity);
      if (forked.side == Side::child) return RunChild{*place};
      const bool again = supervisor_.starts(*place) > 0;
      supervisor_.started(*place, forked.pid, Clock::now());
      observer_.spawned(*place, forked.pid, again);
    } catch (const std::system_error& e) {
      log::event(log::Level::error, "child.fork",
                 {{"name", children_[*place].name}, {"reason", e.what()}});
      supervisor_.failed(*place, Clock::now());
    }
  }
  return {};
}

std::optional<Master::Outcome> Master::act_on(int signal) {
  switch (signal) {
    case SIGINT:
      begin_stop(/*graceful=*/false);
      return {};
    case SIGQUIT:
      if (options_.quit_reloads) return begin_check(/*brutal=*/true);
      begin_stop(/*graceful=*/false);
      return {};
    case SIGTERM:
      if (!options_.term_stops) return begin_check(/*brutal=*/true);
      begin_stop(/*graceful=*/false);
      return {};
    case SIGHUP:
      return begin_check(/*brutal=*/false);
    case SIGUSR1:
      observer_.print_status();
      return {};
    case SIGTSTP:
      return obey(Order::pause);
    default:
      return {};
  }
}

// One at a time: what an order leads to may be this process's end.
std::optional<Master::Outcome> Master::follow_orders() {
  for (int i = 0; i < orders_in_a_row; ++i) {
    const auto request = fifo_.next();
    if (!request) break;
    if (auto outcome = follow(*request)) return outcome;
  }
  while (const auto request = touched_.next()) {
    if (auto outcome = follow(*request)) return outcome;
  }
  return {};
}

std::optional<Master::Outcome> Master::follow(const Request& request) {
  observer_.ordered(request);
  return obey(request.order);
}

std::optional<Master::Outcome> Master::obey(Order order) {
  switch (order) {
    case Order::stop:
    case Order::stop_gracefully:
      begin_stop(order == Order::stop_gracefully);
      return {};
    case Order::reload:
    case Order::reload_brutally:
      return begin_check(order == Order::reload_brutally);
    case Order::print_status:
      observer_.print_status();
      return {};
    case Order::write_pidfiles:
      observer_.write_pidfiles();
      return {};
    case Order::pause:
      observer_.pause_or_resume();
      signal_all(look_signal);
      return {};
    case Order::reload_workers:
      signal_workers(SIGHUP);
      return {};
    case Order::chain_reload:
      signal_workers(SIGUSR1);
      return {};
    case Order::reopen_log:
    case Order::rotate_log:
      observer_.renew_log(order == Order::rotate_log);
      signal_all(look_signal);
      return {};
    case Order::none:
      return {};
  }
  return {};
}

std::optional<Master::Outcome> Master::begin_check(bool brutal) {
  if (phase_ == Phase::stopping) return {};
  if (checker_ != 0) {
    check_again_ = true;  // the file may have been mended since it was read
    check_is_brutal_ = check_is_brutal_ || brutal;
    return {};
  }
  check_again_ = false;
  try {
    const Forked forked = fork_child({});
    if (forked.side == Side::child) return Check{};
    checker_ = forked.pid;
    checker_deadline_ = Clock::now() + check_limit;
    check_is_brutal_ = brutal;
  } catch (const std::system_error& e) {
    log::event(log::Level::error, "reload.fork", {{"reason", e.what()}});
  }
  return {};
}

std::optional<Master::Outcome> Master::reap() {
  int status = 0;
  pid_t pid = 0;
  while ((pid = ::waitpid(-1, &status, WNOHANG)) > 0) {
    if (pid == checker_) {
      if (auto outcome = check_ended(status)) return outcome;
      continue;
    }
    if (const auto place = supervisor_.ended(pid, Clock::now())) {
      child_ended(*place, pid, status);
      continue;
    }
    const auto old = std::find_if(former_.begin(), former_.end(),
                                  [&](const Former& former) { return former.child.pid == pid; });
    if (old != former_.end()) {
      observer_.buried(old->child.name, pid);
      former_.erase(old);
    }
  }
  return {};
}

void Master::child_ended(std::size_t place, pid_t pid, int wait_status) {
  if (phase_ == Phase::stopping) return observer_.buried(children_[place].name, pid);
  observer_.died(place, pid, wait_status);
  const std::optional<int> fatal = children_[place].fatal_status;
  if (!fatal || !WIFEXITED(wait_status) || WEXITSTATUS(wait_status) != *fatal) return;
  // What has served before is tried again: a mistake in a reload need not end the service.
  if (!is_first_ || supervisor_.starts(place) > 1) return;
  status_ = *fatal;
  begin_stop(/*graceful=*/false);
}

std::optional<Master::Outcome> Master::check_ended(int wait_status) {
  checker_ = 0;
  checker_deadline_ = Clock::time_point::max();
  if (phase_ == Phase::stopping) return {};
  if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0) {
    observer_.reloading(check_is_brutal_);
    return Reload{check_is_brutal_};
  }
  observer_.reload_refused();
  if (check_again_) return begin_check(check_is_brutal_);
  return {};
}

// A second order need not wait for what the first one waits for.
void Master::begin_stop(bool graceful) {
  if (phase_ == Phase::stopping) {
    if (graceful || stop_ == Stop::at_once) return;
    if (stop_ == Stop::graceful) observer_.stopping(graceful);
    return stop_at_once();
  }
  phase_ = Phase::stopping;
  stop_ = graceful ? Stop::graceful : Stop::in_order;
  stop_deadline_ = Clock::now() + (graceful ? options_.mercy : options_.finish);
  observer_.stopping(graceful);
  if (checker_ != 0) ::kill(checker_, SIGKILL);
  signal_all(StopPlace::at_once, graceful ? SIGQUIT : SIGTERM);
  signal_all(StopPlace::finishes, graceful ? SIGQUIT : SIGINT);
  for (const Former& former : former_)
    ::kill(former.child.pid, SIGQUIT);
}

void Master::stop_at_once() {
  stop_ = Stop::at_once;
  last_were_told_ = true;
  stop_deadline_ = Clock::now() + stop_grace;
  for (const StopPlace place : {StopPlace::finishes, StopPlace::at_once, StopPlace::last})
    signal_all(place, SIGTERM);
  for (const Former& former : former_)
    ::kill(former.child.pid, SIGTERM);
}

// Nobody needs those any more whom the others needed.
void Master::stop_last() {
  if (stop_ == Stop::in_order) return stop_at_once();
  last_were_told_ = true;
  signal_all(StopPlace::last, SIGQUIT);
}

bool Master::some_finish() const {
  if (stop_ != Stop::at_once && !former_.empty()) return true;
  for (std::size_t i = 0; i < children_.size(); ++i) {
    if (children_[i].at_stop == StopPlace::finishes && supervisor_.pid(i) > 0) return true;
  }
  return false;
}

bool Master::is_needed(const Handover::Child& former) const {
  const auto successor =
      std::find_if(children_.begin(), children_.end(),
                   [&](const ChildSpec& child) { return child.name == former.name; });
  return successor != children_.end() && successor->has_taken_over && !successor->has_taken_over();
}

void Master::dismiss_former() {
  for (Former& former : former_) {
    if (former.dismissed || is_needed(former.child)) continue;
    former.dismissed = true;
    former.deadline = Clock::now() + (former_brutal_ ? stop_grace : options_.mercy);
    // SIGQUIT: finish what is under way. SIGTERM: end.
    ::kill(former.child.pid, former_brutal_ ? SIGTERM : SIGQUIT);
  }
}

void Master::enforce_deadlines() {
  const auto now = Clock::now();
  if (now >= stop_deadline_) {
    if (stop_ != Stop::at_once) return stop_at_once();
    stop_deadline_ = Clock::time_point::max();
    kill_all();
  }
  for (Former& former : former_) {
    if (now < former.deadline) continue;
    former.deadline = Clock::time_point::max();
    ::kill(former.child.pid, SIGKILL);
  }
  if (now >= checker_deadline_ && checker_ != 0) {
    checker_deadline_ = Clock::time_point::max();
    ::kill(checker_, SIGKILL);
  }
}

void Master::signal_all(StopPlace place, int signal) {
  for (std::size_t i = 0; i < supervisor_.size(); ++i) {
    const bool meant = children_[i].at_stop == place && supervisor_.pid(i) > 0;
    if (meant) ::kill(supervisor_.pid(i), signal);
  }
}

void Master::signal_all(int signal) {
  for (const StopPlace place : {StopPlace::finishes, StopPlace::at_once, StopPlace::last})
    signal_all(place, signal);
  for (const Former& former : former_)
    ::kill(former.child.pid, signal);
}

void Master::kill_all() {
  for (const Handover::Child& child : living())
    ::kill(child.pid, SIGKILL);
}

void Master::signal_workers(int signal) {
  for (std::size_t i = 0; i < supervisor_.size(); ++i) {
    if (children_[i].has_workers && supervisor_.pid(i) > 0) ::kill(supervisor_.pid(i), signal);
  }
}

std::chrono::milliseconds Master::next_wait() const {
  auto wait = longest_wait;
  const bool waits_for_successor = std::any_of(
      former_.begin(), former_.end(), [](const Former& former) { return !former.dismissed; });
  if (phase_ == Phase::stopping) return shortest_look;
  if (waits_for_successor) wait = shortest_look;
  if (const auto due = supervisor_.until_due(Clock::now())) {
    wait = std::min(wait, std::chrono::ceil<std::chrono::milliseconds>(*due));
  }
  return wait;
}

bool Master::everything_ended() const {
  return !supervisor_.any_running() && former_.empty() && checker_ == 0;
}

std::vector<Handover::Child> Master::living() const {
  std::vector<Handover::Child> all;
  for (const Former& former : former_)
    all.push_back(former.child);
  for (std::size_t i = 0; i < supervisor_.size(); ++i) {
    if (supervisor_.pid(i) > 0) all.push_back({children_[i].name, supervisor_.pid(i)});
  }
  return all;
}

}  // namespace reprise::process
