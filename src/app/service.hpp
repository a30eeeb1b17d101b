#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/node.hpp"
#include "app/origin.hpp"
#include "compat/load.hpp"
#include "process/handover.hpp"
#include "process/master.hpp"

namespace reprise::app {

// One generation of the service, from its configuration to its end or the next one's start.
class Service {
public:
  // Throws what Node's constructor does.
  Service(compat::Loaded loaded, Origin origin, process::Handover inherited);

  // Runs until the end of this process, whichever it becomes; returns its exit status. `ready` is
  // called once the listeners are bound.
  int run(const std::function<void()>& ready);

private:
  void announce_start(const compat::Loaded& loaded) const;
  void write_pidfiles() const;
  void announce_pidfiles() const;

  Origin origin_;
  process::Identity identity_;
  std::string configuration_;  // as an ini
  process::Handover inherited_;
  std::unique_ptr<Node> node_;
  std::vector<process::ChildSpec> children_;
};

}  // namespace reprise::app
