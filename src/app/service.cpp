#include "app/service.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>

#include "app/cache_command.hpp"
#include "app/connect_and_read.hpp"
#include "app/lifecycle.hpp"
#include "app/log_output.hpp"
#include "app/master_settings.hpp"
#include "app/node.hpp"
#include "app/passed_sockets.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "check/command.hpp"
#include "compat/check_request.hpp"
#include "compat/load.hpp"
#include "compat/messages.hpp"
#include "compat/worker_messages.hpp"
#include "process/daemon.hpp"
#include "process/notify.hpp"
#include "process/pidfile.hpp"
#include "process/preconditions.hpp"
#include "process/signals.hpp"

namespace reprise::app {
namespace {

constexpr int failure = 1;
constexpr char reloads_variable[] = "UWSGI_RELOADS";
constexpr int signal_failure = 255;  // uWSGI's status of --stop for a dead pid

// Where the program was started, which a reload goes back to.
struct Origin {
  std::vector<std::string> arguments;
  std::string directory;
  std::string binary;
};

Origin find_origin(const std::vector<std::string>& arguments) {
  std::error_code ignored;
  Origin origin;
  origin.arguments = arguments;
  origin.directory = std::filesystem::current_path(ignored).string();
  origin.binary = std::filesystem::read_symlink("/proc/self/exe", ignored).string();
  return origin;
}

void log_lines(const std::vector<std::string>& lines) {
  for (const std::string& line : lines)
    log::line("{}", line);
}

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

// A child that checks a configuration, or a start that failed, says why and gives its status.
// `fallback` becomes the file that a broken configuration names for such a case.
template <class F>
int reporting(F&& step, std::string* fallback = nullptr) {
  try {
    return step();
  } catch (const compat::ConfigurationError& e) {
    if (fallback != nullptr) *fallback = e.fallback;
    print(e.output);
    log_lines(e.messages);
    log::line("{}", e.what());
  } catch (const std::exception& e) {
    log::line("{}", e.what());
  }
  return failure;
}

// As many descriptors as the system lets us have; a worker counts what it cannot accept.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

std::string absolute(const std::string& path, const Origin& origin) {
  if (path.empty()) return path;
  return (std::filesystem::path(origin.directory) / path).string();
}

LogOutput log_output_of(const process::Settings& settings, const Origin& origin,
                        const process::Identity& identity) {
  return {settings.log, origin.directory, identity};
}

process::Handover everything(const Node& node, const PassedSockets& passed,
                             const process::Master& master, bool brutal) {
  process::Handover handover;
  node.hand_over(handover);
  passed.hand_over(handover);
  for (const auto& child : master.living())
    handover.add_child(child.name, child.pid);
  handover.set_brutal(brutal);
  return handover;
}

// What `if-reload` asks for.
void count_reload() {
  const char* before = std::getenv(reloads_variable);
  const long reloads = before == nullptr ? 0 : std::strtol(before, nullptr, 10);
  ::setenv(reloads_variable, std::to_string(reloads + 1).c_str(), 1);
}

// Everything that a start does short of forking: whether a reload would succeed.
int check_configuration(const Node& node, const PassedSockets& passed, const Origin& origin) {
  return reporting([&] {
    process::Handover inherited;
    node.hand_over(inherited);
    if (::chdir(origin.directory.c_str()) != 0) return failure;
    count_reload();
    compat::Loaded loaded = compat::load(origin.arguments);
    for (const auto& one : process::preconditions(loaded.config.process, /*first_start=*/false))
      at_origin(one.origin, one.check);
    const process::Settings& settings = loaded.config.process;
    log_output_of(settings, origin, identity_of(settings)).check(settings.log.last());
    passed.offer(loaded.config, inherited);
    const Node next(std::move(loaded.config), inherited, Purpose::check);
    return 0;
  });
}

// Returns only if the exec failed; the running service goes on then.
void exec_next(const process::Handover& handover, const Origin& origin) {
  std::vector<char*> arguments;
  for (const std::string& argument : origin.arguments) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  std::error_code ignored;
  const std::string here = std::filesystem::current_path(ignored).string();
  log::line(compat::binary_reloading);
  if (::chdir(origin.directory.c_str()) == 0) {
    log::line("chdir() to {}", origin.directory);
    handover.send();
    count_reload();
    log::line("running {}", origin.binary);
    ::execv(origin.binary.c_str(), arguments.data());
  }
  log::event(log::Level::error, "reload.exec", {{"reason", last_system_error().message()}});
  process::Handover::withdraw();
  process::notify("READY=1\nSTATUS=the reload failed\n");
  if (::chdir(here.c_str()) != 0) log::event(log::Level::error, "reload.chdir");
}

void write_pidfiles(const process::Settings& settings, const Origin& origin) {
  for (const auto& file : settings.pidfiles) {
    at_origin(file.path.origin, [&] { process::write_pidfile(absolute(file.path.text, origin)); });
  }
}

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

class Service {
public:
  Service(compat::Loaded loaded, Origin origin, process::Handover inherited, PassedSockets passed,
          process::Identity identity, LogOutput& log)
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
    const application::Settings& apps = node_->config().application;
    log_lines(compat::before_children(
        node_->config().process.reload_mercy.count(),
        compat::operational_mode(apps.wanted(), apps.processes, apps.threads)));
  }

  // Runs until the end of this process, whichever it becomes. `ready` is called once the listeners
  // are bound.
  template <class F>
  int run(F&& ready) {
    children_ = node_->children();
    Lifecycle lifecycle(*node_, children_, configuration_, log_,
                        [this] { app::write_pidfiles(node_->config().process, origin_); });
    const process::Settings& settings = node_->config().process;
    auto master = at_origin(settings.fifos.empty() ? "" : settings.fifos.front().origin, [&] {
      return std::make_unique<process::Master>(
          children_, master_options(node_->config(), identity_), lifecycle, inherited_.children(),
          inherited_.brutal());
    });
    show_title(node_->config().process, "uWSGI master", /*master=*/true);
    log::line("{}", compat::master_spawned(::getpid(), inherited_.is_reload()));
    ready();
    if (daemon_) daemon_->ready();
    for (;;) {
      const process::Master::Outcome outcome = master->run();
      if (const auto* child = std::get_if<process::Master::RunChild>(&outcome)) {
        master.reset();
        show_title(node_->config().process, children_[child->place].name, /*master=*/false);
        return children_[child->place].run();
      }
      if (std::holds_alternative<process::Master::Check>(outcome)) {
        return check_configuration(*node_, passed_, origin_);
      }
      if (const auto* reload = std::get_if<process::Master::Reload>(&outcome)) {
        exec_next(everything(*node_, passed_, *master, reload->brutal), origin_);
        continue;
      }
      if (node_->config().process.vacuum) remove_files(*node_, passed_, origin_);
      log::line(compat::goodbye);
      return std::get<process::Master::Stopped>(outcome).status;
    }
  }

private:
  // Applications that serve until ours do.
  void count_predecessors() const {
    if (node_->applications() == nullptr) return;
    for (const process::Handover::Child& child : inherited_.children()) {
      if (child.name != Node::applications_name) continue;
      node_->applications()->scoreboard().common().predecessors.add();
    }
  }

  void announce_start(const compat::Loaded& loaded) const {
    log_lines(loaded.messages);
    compat::StartFacts facts;
    facts.binary_path = origin_.binary;
    facts.working_directory = origin_.directory;
    facts.root_without_uid = ::getuid() == 0 && loaded.config.process.uid.empty();
    log_lines(compat::banner(facts));
  }

  // At a reload too: the options may be new, or name other files.
  void write_pidfiles() const {
    app::write_pidfiles(node_->config().process, origin_);
    if (inherited_.is_reload()) return;
    for (const auto& file : node_->config().process.pidfiles)
      log::line("writing pidfile to {}", file.path.text);
  }

  // What was said so far was for whoever started it.
  void daemonize(const Written& target) {
    log_.check(target);
    log::line(compat::daemonizing);
    daemon_.emplace(process::Daemon::start(target.text));
    log_.write_to(target, /*first_start=*/true);
  }

  Origin origin_;
  process::Identity identity_;
  LogOutput& log_;
  std::optional<process::Daemon> daemon_;
  std::string configuration_;  // as an ini
  process::Handover inherited_;
  PassedSockets passed_;
  std::unique_ptr<Node> node_;
  std::vector<process::ChildSpec> children_;
};

// A reload opens what the new configuration names; `log-reopen` is that a line says so.
void reopen_after_reload(LogOutput& log, const process::LogSettings& settings) {
  if (settings.last().empty()) return;
  log.write_to(settings.last(), /*first_start=*/false);
  if (settings.reopen) log::line("{}", compat::log_reopened(settings.last().text));
}

int serve(compat::Loaded loaded, const Origin& origin) {
  process::Handover inherited = process::Handover::receive();
  PassedSockets passed(inherited, loaded.config);
  const process::Settings settings = loaded.config.process;
  log::set_date_format(settings.log_date);
  if (settings.umask) ::umask(*settings.umask);
  raise_descriptor_limit();
  process::hold_reloads();
  process::notify("STATUS=initializing uWSGI\n");
  log::share_output();
  process::Identity identity = identity_of(settings);
  LogOutput log = log_output_of(settings, origin, identity);
  std::optional<process::Daemon> daemon;
  if (inherited.is_reload()) {
    reopen_after_reload(log, settings.log);
  } else if (!settings.log.daemonize.empty()) {
    log.check(settings.log.daemonize);  // whoever starts it still sees why it fails
    daemon.emplace(process::Daemon::start(settings.log.daemonize.text));
    log.write_to(settings.log.daemonize, /*first_start=*/true);
  } else if (!settings.log.file.empty()) {
    log.write_to(settings.log.file, /*first_start=*/true);
  }
  Service service(std::move(loaded), origin, std::move(inherited), std::move(passed),
                  std::move(identity), log);
  return service.run([&] {
    process::notify("READY=1\nSTATUS=uWSGI is ready\n");
    if (daemon) daemon->ready();
  });
}

// Starts again with another file; returns only if that fails.
int start_with(const std::string& file, const Origin& origin) {
  log::line("!!! {} (pid: {}) exited with status {} !!!", origin.binary, ::getpid(), failure);
  log::line("!!! Fallback config to {} !!!", file);
  std::string program = origin.arguments.front();
  std::string argument = file;
  char* const arguments[] = {program.data(), argument.data(), nullptr};
  if (::chdir(origin.directory.c_str()) == 0) ::execv(origin.binary.c_str(), arguments);
  log::line("execv(): {}", last_system_error().message());
  return failure;
}

int signal_running(const std::string& pidfile, int signal) {
  try {
    process::signal_pidfile(pidfile, signal);
    return 0;
  } catch (const std::system_error& e) {
    log::line("{}", e.what());
    return e.code().value() == ESRCH ? signal_failure : failure;
  }
}

// Nothing if no check was asked for.
std::optional<int> run_check(const std::vector<std::string>& arguments) {
  constexpr int will_not_start = 2;
  try {
    if (const auto request = compat::check_request(arguments)) return check::run(*request);
    return std::nullopt;
  } catch (const std::exception& e) {
    log::line("{}", e.what());
    return will_not_start;
  }
}

}  // namespace

int run(const std::vector<std::string>& arguments) {
  if (is_cache_command(arguments)) return run_cache_command(arguments);
  if (const auto status = run_check(arguments)) return *status;
  process::let_signals_end_the_start();
  const Origin origin = find_origin(arguments);
  const pid_t starter = ::getpid();
  std::string fallback;
  const auto start = [&] {
    compat::Loaded loaded = compat::load(arguments);
    if (loaded.action == compat::Action::serve) fallback = loaded.fallback;
    print(loaded.text);
    switch (loaded.action) {
      case compat::Action::print_and_exit:
        log_lines(loaded.messages);
        return loaded.status;
      case compat::Action::stop:
        return signal_running(loaded.subject, SIGINT);
      case compat::Action::reload:
        return signal_running(loaded.subject, SIGHUP);
      case compat::Action::pause:
        return signal_running(loaded.subject, SIGTSTP);
      case compat::Action::connect_and_read:
        return connect_and_read(loaded.subject);
      case compat::Action::serve:
        break;
    }
    return serve(std::move(loaded), origin);
  };
  const int status = reporting(start, &fallback);
  const bool failed = status == failure && ::getpid() == starter;
  return failed && !fallback.empty() ? start_with(fallback, origin) : status;
}

}  // namespace reprise::app
