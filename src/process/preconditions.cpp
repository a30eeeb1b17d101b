#include "process/preconditions.hpp"

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
  if (const Written& owner = settings.socket_owner; !owner.empty()) {
    all.push_back({Kind::account, owner.origin, [&owner] {
                     const std::size_t colon = owner.text.find(':');
                     resolve_identity(owner.text.substr(0, colon), "");
                     if (colon != std::string::npos)
                       resolve_identity("", owner.text.substr(colon + 1));
                   }});
  }
  const auto writable = [&](const Written& file) {
    all.push_back({Kind::file, file.origin, [&file] { check_writable(file.text); }});
  };
  // A reload has its own look at where lines go: it runs as the user that they are written by.
  if (first_start) {
    for (const Written* target : {&settings.log.file, &settings.log.file2, &settings.log.daemonize,
                                  &settings.log.daemonize2}) {
      const bool is_address = target->text.find(':') != std::string::npos;
      if (!is_address) writable(*target);
    }
  }
  for (const Settings::Pidfile& file : settings.pidfiles)
    writable(file.path);
  for (const Written& fifo : settings.fifos)
    all.push_back({Kind::file, fifo.origin, [&fifo] { check_fifo(fifo.text); }});
  return all;
}

}  // namespace reprise::process
