#include "app/run.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>

#include "app/activation.hpp"
#include "app/cache_command.hpp"
#include "app/connect_and_read.hpp"
#include "app/genkey_command.hpp"
#include "app/log_output.hpp"
#include "app/master_settings.hpp"
#include "app/passed_sockets.hpp"
#include "app/peers_command.hpp"
#include "app/reporting.hpp"
#include "app/service.hpp"
#include "app/shared_descriptors.hpp"
#include "app/sources.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "base/shared_output.hpp"
#include "check/command.hpp"
#include "compat/check_request.hpp"
#include "compat/messages.hpp"
#include "compat/remembered_sources.hpp"
#include "process/daemon.hpp"
#include "process/notify.hpp"
#include "process/pidfile.hpp"
#include "process/signals.hpp"

namespace reprise::app {
namespace {

constexpr int signal_failure = 255;  // uWSGI's status of --stop for a dead pid

// As many descriptors as the system lets us have; a worker counts what it cannot accept.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// A reload opens what the new configuration names; `log-reopen` is that a line says so.
void reopen_after_reload(LogOutput& log, const process::LogSettings& settings) {
  if (settings.last().empty()) return;
  log.write_to(settings.last(), /*first_start=*/false);
  if (settings.reopen) log::line("{}", compat::log_reopened(settings.last().text));
}

int serve(compat::Loaded loaded, const Origin& origin, process::Handover inherited,
          std::optional<Activation>& activation) {
  PassedSockets passed(inherited, loaded.config);
  const process::Settings settings = loaded.config.process;
  log::set_date_format(settings.log_date);
  if (settings.umask) ::umask(*settings.umask);
  raise_descriptor_limit();
  process::hold_reloads();
  process::notify("STATUS=initializing uWSGI\n");
  share(log::shared_output().descriptor(), log_kind, inherited);
  process::Identity identity = identity_of(settings);
  LogOutput log(settings.log, origin.directory, identity);
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
    activation.reset();
    process::notify("READY=1\nSTATUS=uWSGI is ready\n");
    if (daemon) daemon->ready();
  });
}

// Starts again with another file; returns only if that fails.
int start_with(const std::string& file, const Origin& origin,
               const std::optional<Activation>& activation) {
  log::line("!!! {} (pid: {}) exited with status {} !!!", origin.binary, ::getpid(), failure);
  log::line("!!! Fallback config to {} !!!", file);
  std::string program = origin.arguments.front();
  std::string argument = file;
  char* const arguments[] = {program.data(), argument.data(), nullptr};
  if (activation) activation->restore();
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
  if (is_peers_command(arguments)) return run_peers_command(arguments);
  if (is_genkey_command(arguments)) return run_genkey_command(arguments);
  if (const auto status = run_check(arguments)) return *status;
  process::let_signals_end_the_start();
  const Origin origin = find_origin(arguments);
  const pid_t starter = ::getpid();
  std::string fallback;
  std::optional<Activation> activation;  // for the fallback
  std::optional<process::Handover> inherited;
  const auto start = [&] {
    inherited.emplace(process::Handover::receive());
    activation.emplace();
    const compat::RememberedSources files(Sources::take(*inherited));
    compat::Loaded loaded = compat::load(arguments, files, compat::environment());
    if (loaded.action == compat::Action::serve) fallback = loaded.fallback;
    if (fallback.empty()) activation.reset();
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
    process::Handover taken = std::move(*inherited);
    inherited.reset();
    return serve(std::move(loaded), origin, std::move(taken), activation);
  };
  const int status = reporting(start, &fallback);
  const bool failed = status == failure && ::getpid() == starter;
  if (!failed || fallback.empty()) return status;
  // What this start did not come to take is the fallback's: sockets, and workers that still serve.
  if (inherited && inherited->is_reload()) inherited->send();
  return start_with(fallback, origin, activation);
}

}  // namespace reprise::app
