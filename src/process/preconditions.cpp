#include "process/preconditions.hpp"

#include <filesystem>

#include "process/control.hpp"
#include "process/pidfile.hpp"
#include "process/privileges.hpp"

namespace reprise::process {

std::vector<Precondition> preconditions(const Settings& settings, bool first_start) {
  using Kind = Precondition::Kind;
  std::vector<Precondition> all;
  all.push_back({Kind::account, settings.uid.empty() ? settings.gid.origin : settings.uid.origin,
                 [&] { resolve_identity(settings.uid.text, settings.gid.text); }});
  if (!settings.gid.empty()) {
    for (const Written& group : settings.more_gids) {
      all.push_back({Kind::account, group.origin, [&] {
                       Identity identity;
                       change_groups(identity, {group.text}, /*keep_users=*/true);
                     }});
    }
  }
  if (const Written& owner = settings.socket_owner; !owner.empty())
    all.push_back({Kind::account, owner.origin, [&owner] { resolve_owner(owner.text); }});
  const auto writable = [&](const Written& file) {
    all.push_back({Kind::file, file.origin, [&file] { check_writable(file.text); }});
  };
  // At a reload LogOutput looks at the one target that then counts.
  if (first_start) {
    for (const Written* target : settings.log.targets())
      if (!is_address(*target)) writable(*target);
  }
  for (const Settings::Pidfile& file : settings.pidfiles)
    writable(file.path);
  // Fifos are made behind `chdir`; one that leads nowhere is a finding of its own.
  const std::filesystem::path directory(settings.chdir.text);
  std::error_code ignored;
  if (!directory.empty() && !std::filesystem::is_directory(directory, ignored)) return all;
  for (const Written& fifo : settings.fifos) {
    all.push_back(
        {Kind::file, fifo.origin, [path = (directory / fifo.text).string()] { check_fifo(path); }});
  }
  return all;
}

}  // namespace reprise::process
