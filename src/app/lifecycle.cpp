#include "app/lifecycle.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <system_error>

#include <fmt/format.h>

#include "app/collect.hpp"
#include "base/log.hpp"
#include "compat/messages.hpp"
#include "compat/stats_json.hpp"
#include "process/notify.hpp"

namespace reprise::app {
namespace {

constexpr std::size_t keeper_place = 0;

std::string how_it_ended(int wait_status) {
  if (WIFSIGNALED(wait_status)) return fmt::format("signal {}", WTERMSIG(wait_status));
  return fmt::format("exit {}", WEXITSTATUS(wait_status));
}

long long monotonic_microseconds() {
  using std::chrono::microseconds;
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<microseconds>(now).count();
}

// What uWSGI says of a file that was touched; null: nothing.
const char* what_follows(process::Order order) {
  switch (order) {
    case process::Order::reload:
      return "grace them all";
    case process::Order::reload_workers:
      return "workers reload";
    case process::Order::chain_reload:
      return "chain reload";
    default:
      return nullptr;
  }
}

}  // namespace

bool Lifecycle::is_applications(std::size_t place) const {
  return children_[place].name == Node::applications_name;
}

void Lifecycle::spawned(std::size_t place, pid_t pid, bool again) {
  if (place == keeper_place) {
    if (again) {
      log::event(log::Level::info, "keeper.respawned", {{"pid", std::to_string(pid)}});
      return;
    }
    const config::Config& config = node_.config();
    if (config.sweep.enabled && cache::any_is_swept(config.caches)) {
      log::line(compat::sweeper_enabled);
    }
    for (const std::string& line : node_.keeper_announcements())
      log::line("{}", line);
    return;
  }
  ChildRow& row = node_.child_row(place);
  row.pid.set(static_cast<std::uint64_t>(pid));
  row.starts.add();
  if (is_applications(place)) {  // uWSGI has none: its master is the parent
    if (again) {
      log::event(log::Level::info, "applications.respawned", {{"pid", std::to_string(pid)}});
    }
    return;
  }
  log::line("{}", compat::gateway_spawned(children_[place].name, pid, again));
}

void Lifecycle::died(std::size_t place, pid_t pid, int wait_status) {
  if (place != keeper_place) {
    node_.child_row(place).pid.set(0);
    node_.forget_connections(place);
  }
  log::event(log::Level::warning, "child.died",
             {{"name", children_[place].name},
              {"pid", std::to_string(pid)},
              {"how", how_it_ended(wait_status)}});
}

void Lifecycle::buried(const std::string& name, pid_t pid) {
  if (name == Node::applications_name && node_.applications() != nullptr) {
    shm::Counter& predecessors = node_.applications()->scoreboard().common().predecessors;
    if (predecessors.get() > 0) predecessors.set(predecessors.get() - 1);
  }
  // uWSGI has neither and says nothing of them.
  if (name == children_[keeper_place].name || name == Node::applications_name) return;
  log::line("{}", compat::gateway_buried(name, pid));
}

void Lifecycle::stopping(bool graceful) {
  process::notify("STOPPING=1");
  log::line("{}", graceful ? compat::stopping_gracefully() : compat::stopping);
}

void Lifecycle::reloading(bool brutal) {
  // The time is what Type=notify-reload asks for (sd_notify(3)).
  process::notify(fmt::format("RELOADING=1\nMONOTONIC_USEC={}\n", monotonic_microseconds()));
  log::line(brutal ? compat::reloading_brutally : compat::reloading_gracefully);
}

void Lifecycle::reload_refused() {
  log::event(log::Level::error, "reload.refused",
             {{"reason", "the new configuration is not valid; the running one stays"}});
}

int Lifecycle::wanted_signal() {
  switch (node_.master_requests().take()) {
    case application::MasterRequest::none:
      return 0;
    case application::MasterRequest::reload:
      return SIGHUP;
    case application::MasterRequest::stop:
      return SIGINT;
  }
  return 0;
}

void Lifecycle::print_status() {
  log::line("{}", configuration_);
  log::line("{}", compat::stats_json(collect(node_, ::getpid()), /*minified=*/false));
}

void Lifecycle::write_pidfiles() {
  try {
    write_pidfiles_();
  } catch (const std::exception& failure) {
    log::line("{}", failure.what());
  }
}

void Lifecycle::pause_or_resume() {
  log::line("{}", compat::paused(node_.pause().toggle()));
}

void Lifecycle::renew_log(bool rotate) {
  const router::AccessLog* const requests = node_.access_log();
  const bool is_for_requests = requests != nullptr && requests->is_file() && !rotate;
  if (!is_for_requests || log_.is_file()) log_.renew(rotate);
  if (!is_for_requests) return;
  try {
    requests->reopen();
    log::line("{}", compat::log_reopened(node_.config().http.access_log.target.text));
  } catch (const std::system_error& failure) {
    log::line("{}", failure.what());
  }
}

process::Order Lifecycle::due() {
  return log_.is_full() ? process::Order::rotate_log : process::Order::none;
}

void Lifecycle::ordered(const process::Request& request) {
  using process::Order;
  const bool for_workers =
      request.order == Order::reload_workers || request.order == Order::chain_reload;
  if (request.letter == 0 && what_follows(request.order) != nullptr) {
    log::line("{}", compat::touched(request.subject, what_follows(request.order)));
  }
  if (for_workers && node_.applications() == nullptr) log::line(compat::no_workers);
  if (request.letter == 0) return;
  if (!request.subject.empty()) return log::line("{}", compat::fifo_selected(request.subject));
  if (request.order == process::Order::none) {
    log::line("{}", compat::no_such_order(request.letter));
  }
}

}  // namespace reprise::app
