// The application parent's and its workers' lives.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "app/application_services.hpp"
#include "app/applications.hpp"
#include "app/host_name.hpp"
#include "app/master_settings.hpp"
#include "app/node.hpp"
#include "application/module_file.hpp"
#include "application/parent.hpp"
#include "base/log.hpp"
#include "compat/request_log.hpp"
#include "compat/worker_messages.hpp"

namespace reprise::app {
namespace {

class Observer final : public application::ParentObserver {
public:
  Observer(const Node& node, ApplicationServices& services) : node_(node), services_(services) {}

  void spawned(std::size_t worker, pid_t pid, bool again) override {
    log::line("{}",
              compat::worker_spawned(worker + 1, pid, node_.config().application.threads, again));
  }
  void died(std::size_t worker, pid_t pid, int status) override {
    if (WIFEXITED(status) && WEXITSTATUS(status) == application::no_app_status) {
      log::line("{}", compat::worker_without_app(worker + 1, pid));
    }
    log::line("{}",
              compat::worker_died(worker + 1, pid, WIFSIGNALED(status) ? WTERMSIG(status) : 0));
  }
  void ended(std::size_t worker, pid_t pid) override {
    log::line("{}", compat::worker_ended(worker + 1, pid));
  }
  void buried(std::size_t worker, pid_t) override {
    const auto& row = services_.scoreboard().worker(worker);
    log::line("{}", compat::worker_buried(worker + 1, unix_now() - row.last_spawn.get()));
  }
  void harakiri(std::size_t worker, pid_t pid) override {
    for (const std::string& line : compat::harakiri(services_.scoreboard(), worker, pid))
      log::line("{}", line);
  }
  void cheaped(std::size_t worker, pid_t) override {
    log::line("{}", compat::worker_cheaped(worker + 1));
  }
  void no_app(Consequence consequence) override {
    if (consequence == Consequence::predecessors_stay) {
      log::event(log::Level::error, "applications.not_loaded",
                 {{"reason", "those of before the reload go on serving; another attempt follows"}});
      return;
    }
    log::line(consequence == Consequence::ends ? compat::no_app_game_over : compat::no_app_loaded);
  }
  void destroying() override { log::line("{}", compat::need_app_destroys()); }
  void chain_begins() override { log::line("{}", compat::chain_begins()); }
  void chain_victim(std::size_t worker) override {
    log::line("{}", compat::chain_victim(worker + 1));
  }
  void chain_complete() override { log::line("{}", compat::chain_complete()); }
  void became_worker(std::size_t worker) override {
    services_.set_worker(static_cast<unsigned>(worker + 1));
    show_title(node_.config().process, "uWSGI worker " + std::to_string(worker + 1),
               /*master=*/false);
  }

private:
  const Node& node_;
  ApplicationServices& services_;
};

void log_mappings(const application::StaticSettings& settings,
                  const application::StaticFiles& files) {
  for (const auto& mapping : settings.mappings)
    log::line("{}", compat::files_mapped(mapping.prefix, mapping.target));
  if (!files.knows_types()) log::line("{}", compat::no_file_types);
}

void set_environment(const std::vector<std::string>& entries) {
  for (const std::string& entry : entries) {
    const std::size_t equals = entry.find('=');
    if (equals == std::string::npos || equals == 0) continue;
    ::setenv(entry.substr(0, equals).c_str(), entry.substr(equals + 1).c_str(), /*overwrite=*/1);
  }
}

}  // namespace

int run_applications(const Node& node) {
  const application::Settings& settings = node.config().application;
  const Applications& applications = *node.applications();
  ::dup2(STDERR_FILENO, STDOUT_FILENO);  // what applications print is for the log
  set_environment(settings.environment);
  ApplicationServices services(node, ::getppid());
  const compat::RequestLog request_log(settings.log);
  application::Environment environment{settings,
                                       applications.scoreboard(),
                                       applications.sockets(settings),
                                       host_name(),
                                       std::chrono::seconds(node.config().process.socket_timeout),
                                       {},
                                       {}};
  environment.paused = [&node] { return node.pause().is_on(); };
  environment.pause_changed = [](unsigned worker, bool paused) {
    log::line("{}", compat::worker_paused(worker + 1, paused));
  };
  environment.mercy = node.config().process.reload_mercy;
  environment.log_request = [&request_log](const application::RequestFacts& facts) {
    if (request_log.wants(facts)) log::line(request_log.line(facts));
  };
  std::optional<application::StaticFiles> files;
  if (settings.files.wanted()) {
    environment.files = &files.emplace(settings.files);
    log_mappings(settings.files, *files);
  }
  int status = 1;
  try {
    application::Host* const host =
        application::load_host(applications.module_file(), settings, services).release();
    Observer observer(node, services);
    status = application::Parent(environment, *host, observer).run();
  } catch (const std::exception& e) {
    log::line("{}", e.what());
  }
  // Python is left as it is: what its modules would do behind its end is not worth waiting for.
  ::_exit(status);
}

}  // namespace reprise::app
