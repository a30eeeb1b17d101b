#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/log_output.hpp"
#include "app/node.hpp"
#include "app/origin.hpp"
#include "app/passed_sockets.hpp"
#include "app/sources.hpp"
#include "compat/load.hpp"
#include "process/daemon.hpp"
#include "process/handover.hpp"
#include "process/master.hpp"

namespace reprise::app {

// One generation of the service, from its configuration to its end or the next one's start.
class Service {
public:
  // `log` outlives this. Throws what Node's constructor does.
  Service(compat::Loaded loaded, Origin origin, process::Handover inherited, PassedSockets passed,
          process::Identity identity, LogOutput& log);

  // Runs until the end of this process, whichever it becomes; returns its exit status. `ready` is
  // called once the listeners are bound.
  int run(const std::function<void()>& ready);

private:
  void count_predecessors() const;
  void announce_start(const compat::Loaded& loaded) const;
  void write_pidfiles() const;
  void announce_pidfiles() const;
  void daemonize(const Written& target);

  Origin origin_;
  process::Identity identity_;
  LogOutput& log_;
  std::optional<process::Daemon> daemon_;
  std::string configuration_;  // as an ini
  process::Handover inherited_;
  PassedSockets passed_;
  Sources sources_;
  std::unique_ptr<Node> node_;
  std::vector<process::ChildSpec> children_;
};

}  // namespace reprise::app
