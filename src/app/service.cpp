#include "app/service.hpp"

#include <unistd.h>

#include <algorithm>

#include "app/lifecycle.hpp"
#include "app/reload.hpp"
#include "app/reporting.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "compat/messages.hpp"
#include "compat/worker_messages.hpp"
#include "process/notify.hpp"
#include "process/pidfile.hpp"
#include "process/title.hpp"

namespace reprise::app {
namespace {

std::string title_of(const process::Settings& settings, const std::string& role, bool master) {
  if (master && !settings.procname_master.empty()) return settings.procname_master;
  if (!settings.procname.empty()) return settings.procname;
  return settings.procname_prefix + role;
}

void show_title(const process::Settings& settings, const std::string& role, bool master) {
  if (settings.auto_procname) process::set_title(title_of(settings, role, master));
}

std::vector<std::string> texts(const std::vector<Written>& files) {
  std::vector<std::string> all;
  for (const Written& file : files)
    all.push_back(file.text);
  return all;
}

process::Master::Options master_options(const config::Config& config,
                                        const process::Identity& identity) {
  process::Master::Options options;
  options.term_stops =
      config.process.die_on_term || ::getpid() == 1 || process::has_notify_socket();
  options.quit_reloads = config.process.die_on_term;
  options.mercy = config.process.reload_mercy;
  if (const auto drain = config.http.drain_timeout) {
    options.finish = *drain;
    // The workers see to it themselves; whoever hangs is ended after that.
    options.mercy = std::max(options.mercy, *drain + std::chrono::seconds(2));
  }
  options.identity = identity;
  options.fifos = texts(config.process.fifos);
  options.touch_reload = texts(config.process.touch_reload);
  return options;
}

void remove_files(const Node& node, const Origin& origin) {
  const process::Settings& settings = node.config().process;
  for (const auto& file : settings.pidfiles) {
    const std::string path = absolute(file.path.text, origin);
    if (::unlink(path.c_str()) == 0) log::line("{}", compat::pidfile_removed(file.name));
  }
  for (const Written& fifo : settings.fifos)
    ::unlink(fifo.text.c_str());
  log_lines(node.remove_sockets());
}

}  // namespace

Service::Service(compat::Loaded loaded, Origin origin, process::Handover inherited)
    : origin_(std::move(origin)),
      identity_(identity_of(loaded.config.process)),
      configuration_(std::move(loaded.as_ini)),
      inherited_(std::move(inherited)) {
  announce_start(loaded);
  node_ = std::make_unique<Node>(std::move(loaded.config), inherited_);
  inherited_.close_rest();
  log_lines(node_->announcements());
  write_pidfiles();
  announce_pidfiles();
  const application::Settings& apps = node_->config().application;
  log_lines(compat::before_children(
      node_->config().process.reload_mercy.count(),
      compat::operational_mode(apps.wanted(), apps.processes, apps.threads)));
}

int Service::run(const std::function<void()>& ready) {
  children_ = node_->children();
  Lifecycle lifecycle(*node_, children_, configuration_, [this] { write_pidfiles(); });
  const process::Settings& settings = node_->config().process;
  auto master = at_origin(settings.fifos.empty() ? "" : settings.fifos.front().origin, [&] {
    return std::make_unique<process::Master>(children_, master_options(node_->config(), identity_),
                                             lifecycle, inherited_.children(), inherited_.brutal());
  });
  show_title(node_->config().process, "uWSGI master", /*master=*/true);
  log::line("{}", compat::master_spawned(::getpid(), inherited_.is_reload()));
  ready();
  for (;;) {
    const process::Master::Outcome outcome = master->run();
    if (const auto* child = std::get_if<process::Master::RunChild>(&outcome)) {
      master.reset();
      show_title(node_->config().process, children_[child->place].name, /*master=*/false);
      return children_[child->place].run();
    }
    if (std::holds_alternative<process::Master::Check>(outcome)) {
      return check_configuration(*node_, origin_);
    }
    if (const auto* reload = std::get_if<process::Master::Reload>(&outcome)) {
      exec_next(*node_, *master, origin_, reload->brutal);
      continue;
    }
    if (node_->config().process.vacuum) remove_files(*node_, origin_);
    log::line(compat::goodbye);
    return std::get<process::Master::Stopped>(outcome).status;
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

}  // namespace reprise::app
