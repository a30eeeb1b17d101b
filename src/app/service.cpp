#include "app/service.hpp"

#include <unistd.h>

#include "app/lifecycle.hpp"
#include "app/master_settings.hpp"
#include "app/reload.hpp"
#include "app/reporting.hpp"
#include "base/log.hpp"
#include "compat/messages.hpp"
#include "compat/worker_messages.hpp"
#include "process/pidfile.hpp"

namespace reprise::app {
namespace {

void remove_files(const Node& node, const PassedSockets& passed, const Origin& origin) {
  const process::Settings& settings = node.config().process;
  for (const auto& file : settings.pidfiles) {
    const std::string path = absolute(file.path.text, origin);
    if (::unlink(path.c_str()) == 0) log::line("{}", compat::pidfile_removed(file.name));
  }
  for (const Written& fifo : settings.fifos)
    ::unlink(fifo.text.c_str());
  log_lines(node.remove_sockets([&](const std::string& path) { return passed.holds(path); }));
}

}  // namespace

Service::Service(compat::Loaded loaded, Origin origin, process::Handover inherited,
                 PassedSockets passed, process::Identity identity, LogOutput& log)
    : origin_(std::move(origin)),
      identity_(std::move(identity)),
      log_(log),
      configuration_(std::move(loaded.as_ini)),
      inherited_(std::move(inherited)),
      passed_(std::move(passed)) {
  announce_start(loaded);
  log_lines(passed_.offer(loaded.config, inherited_));
  const process::LogSettings& log_settings = loaded.config.process.log;
  const bool is_first = !inherited_.is_reload();
  if (is_first && !log_settings.file2.empty()) log_.write_to(log_settings.file2, is_first);
  node_ = std::make_unique<Node>(std::move(loaded.config), inherited_);
  count_predecessors();
  inherited_.close_rest();
  log_lines(node_->announcements());
  const Written& late = node_->config().process.log.daemonize2;
  if (is_first && !late.empty()) daemonize(late);
  write_pidfiles();
  announce_pidfiles();
  const application::Settings& apps = node_->config().application;
  log_lines(compat::before_children(
      node_->config().process.reload_mercy.count(),
      compat::operational_mode(apps.wanted(), apps.processes, apps.threads)));
}

int Service::run(const std::function<void()>& ready) {
  children_ = node_->children();
  Lifecycle lifecycle(*node_, children_, configuration_, log_, [this] { write_pidfiles(); });
  const process::Settings& settings = node_->config().process;
  auto master = at_origin(settings.fifos.empty() ? "" : settings.fifos.front().origin, [&] {
    return std::make_unique<process::Master>(children_, master_options(node_->config(), identity_),
                                             lifecycle, inherited_.children(), inherited_.brutal());
  });
  show_title(node_->config().process, "uWSGI master", /*master=*/true);
  log::line("{}", compat::master_spawned(::getpid(), inherited_.is_reload()));
  ready();
  if (daemon_) daemon_->ready();
  for (;;) {
    const process::Master::Outcome outcome = master->run();
    if (const auto* child = std::get_if<process::Master::RunChild>(&outcome)) {
      master.reset();
      sources_.close();
      show_title(node_->config().process, children_[child->place].name, /*master=*/false);
      return children_[child->place].run();
    }
    if (std::holds_alternative<process::Master::Check>(outcome)) {
      return check_configuration(*node_, passed_, sources_, origin_);
    }
    if (const auto* reload = std::get_if<process::Master::Reload>(&outcome)) {
      exec_next(*node_, passed_, sources_, *master, origin_, reload->brutal);
      continue;
    }
    if (node_->config().process.vacuum) remove_files(*node_, passed_, origin_);
    log::line(compat::goodbye);
    return std::get<process::Master::Stopped>(outcome).status;
  }
}

// Applications that serve until ours do.
void Service::count_predecessors() const {
  if (node_->applications() == nullptr) return;
  for (const process::Handover::Child& child : inherited_.children()) {
    if (child.name != Node::applications_name) continue;
    node_->applications()->scoreboard().common().predecessors.add();
  }
}

void Service::announce_start(const compat::Loaded& loaded) const {
  log_lines(loaded.messages);
  compat::StartFacts facts;
  facts.binary_path = origin_.binary;
  facts.working_directory = origin_.directory;
  facts.root_without_uid = ::getuid() == 0 && loaded.config.process.uid.empty();
  log_lines(compat::banner(facts));
}

// At a reload too: the options may be new, or name other files.
void Service::write_pidfiles() const {
  for (const auto& file : node_->config().process.pidfiles) {
    at_origin(file.path.origin, [&] { process::write_pidfile(absolute(file.path.text, origin_)); });
  }
}

void Service::announce_pidfiles() const {
  if (inherited_.is_reload()) return;
  for (const auto& file : node_->config().process.pidfiles)
    log::line("writing pidfile to {}", file.path.text);
}

// What was said so far was for whoever started it.
void Service::daemonize(const Written& target) {
  log_.check(target);
  log::line(compat::daemonizing);
  daemon_.emplace(process::Daemon::start(target.text));
  log_.write_to(target, /*first_start=*/true);
}

}  // namespace reprise::app
