#include "app/run.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <optional>

#include "app/cache_command.hpp"
#include "app/reporting.hpp"
#include "app/service.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
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

int serve(compat::Loaded loaded, const Origin& origin) {
  process::Handover inherited = process::Handover::receive();
  const process::Settings settings = loaded.config.process;
  log::set_date_format(settings.log_date);
  raise_descriptor_limit();
  process::hold_reloads();
  std::optional<process::Daemon> daemon;
  if (!settings.daemonize.empty()) {
    if (!inherited.is_reload()) {
      daemon.emplace(at_origin(settings.daemonize.origin,
                               [&] { return process::Daemon::start(settings.daemonize.text); }));
    }
  } else if (!settings.log_file.empty()) {
    at_origin(settings.log_file.origin, [&] { process::redirect_log(settings.log_file.text); });
  }
  Service service(std::move(loaded), origin, std::move(inherited));
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

}  // namespace

int run(const std::vector<std::string>& arguments) {
  if (is_cache_command(arguments)) return run_cache_command(arguments);
  process::let_signals_end_the_start();
  const Origin origin = find_origin(arguments);
  const pid_t starter = ::getpid();
  std::string fallback;
  const auto start = [&] {
    compat::Loaded loaded = compat::load(arguments);
    fallback = loaded.fallback;
    print(loaded.text);
    switch (loaded.action) {
      case compat::Action::print_and_exit:
        log_lines(loaded.messages);
        return loaded.status;
      case compat::Action::stop:
        return signal_running(loaded.pidfile, SIGINT);
      case compat::Action::reload:
        return signal_running(loaded.pidfile, SIGHUP);
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
