#include "app/reload.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <vector>

#include "app/log_output.hpp"
#include "app/master_settings.hpp"
#include "app/reporting.hpp"
#include "app/shared_descriptors.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "base/shared_output.hpp"
#include "compat/messages.hpp"
#include "compat/remembered_sources.hpp"
#include "process/notify.hpp"
#include "process/preconditions.hpp"

namespace reprise::app {
namespace {

constexpr char reloads_variable[] = "UWSGI_RELOADS";

process::Handover everything(const Node& node, const PassedSockets& passed, const Sources& sources,
                             const process::Master& master, bool brutal) {
  process::Handover handover;
  node.hand_over(handover);
  passed.hand_over(handover);
  sources.hand_over(handover);
  hand_over(log::shared_output().descriptor(), log_kind, handover);
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

}  // namespace

int check_configuration(const Node& node, const PassedSockets& passed, const Sources& sources,
                        const Origin& origin) {
  return reporting([&] {
    process::Handover inherited;
    node.hand_over(inherited);
    if (::chdir(origin.directory.c_str()) != 0) return failure;
    count_reload();
    const compat::RememberedSources files;
    compat::Loaded loaded = compat::load(origin.arguments, files, compat::environment());
    sources.keep(files.encode());
    for (const auto& one : process::preconditions(loaded.config.process, /*first_start=*/false))
      at_origin(one.origin, one.check);
    const process::Settings& settings = loaded.config.process;
    const LogOutput log(settings.log, origin.directory, identity_of(settings));
    log.check(settings.log.last());
    passed.offer(loaded.config, inherited);
    const Node next(std::move(loaded.config), inherited, Purpose::check);
    return 0;
  });
}

void exec_next(const Node& node, const PassedSockets& passed, const Sources& sources,
               const process::Master& master, const Origin& origin, bool brutal) {
  const process::Handover handover = everything(node, passed, sources, master, brutal);
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

}  // namespace reprise::app
