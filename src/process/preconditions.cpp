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
  const auto writable = [&](const Written& file) {
    all.push_back({Kind::file, file.origin, [&file] { check_writable(file.text); }});
  };
  writable(settings.log_file);
  if (first_start) writable(settings.daemonize);
  for (const Settings::Pidfile& file : settings.pidfiles)
    writable(file.path);
  for (const Written& fifo : settings.fifos)
    all.push_back({Kind::file, fifo.origin, [&fifo] { check_fifo(fifo.text); }});
  return all;
}

}  // namespace reprise::process
