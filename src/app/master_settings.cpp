#include "app/master_settings.hpp"

#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "process/notify.hpp"
#include "process/title.hpp"

namespace reprise::app {
namespace {

std::vector<std::string> texts(const std::vector<Written>& files) {
  std::vector<std::string> all;
  for (const Written& file : files)
    all.push_back(file.text);
  return all;
}

std::string title_of(const process::Settings& settings, const std::string& role, bool master) {
  const std::string& given =
      master && !settings.procname_master.empty() ? settings.procname_master : settings.procname;
  return settings.procname_prefix + (given.empty() ? role : given) + settings.procname_append;
}

}  // namespace

void show_title(const process::Settings& settings, const std::string& role, bool master) {
  if (settings.auto_procname) process::set_title(title_of(settings, role, master));
}

process::Identity identity_of(const process::Settings& settings) {
  const std::string& origin = settings.uid.empty() ? settings.gid.origin : settings.uid.origin;
  process::Identity identity = at_origin(
      origin, [&] { return process::resolve_identity(settings.uid.text, settings.gid.text); });
  if (identity.gid) {
    const auto& more = settings.more_gids;
    at_origin(more.empty() ? "" : more.front().origin,
              [&] { process::change_groups(identity, texts(more), settings.users_groups); });
  }
  return identity;
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
  for (const auto& [path, order] : config.process.touches)
    options.touches.push_back({path.text, order});
  return options;
}

}  // namespace reprise::app
