#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/purpose.hpp"
#include "app/scoreboard.hpp"
#include "config/config.hpp"
#include "process/handover.hpp"
#include "repeater/forwarder.hpp"
#include "repeater/settings.hpp"

namespace reprise::app {

// The gateways that forward datagrams between nodes: sockets and what their processes share, made
// before the fork.
class Repeaters {
public:
  // `config` outlives this. Takes sockets and members of the generation before a reload. Throws
  // std::runtime_error with the place in the configuration.
  Repeaters(const config::Config& config, process::Handover& inherited, Purpose purpose);
  Repeaters(const Repeaters&) = delete;
  Repeaters& operator=(const Repeaters&) = delete;

  struct Gateway {
    const repeater::GatewaySettings* settings;
    UniqueFd fd;
    std::vector<UniqueFd> servers;
    repeater::SharedRoom room;
  };
  const std::vector<std::unique_ptr<Gateway>>& gateways() const { return gateways_; }
  const shm::Rows<ChildRow>& processes() const { return processes_; }

  // The life of one of its processes, from after the fork to its exit status.
  int run();

  // In every other child.
  void close();

  void hand_over(process::Handover& handover) const;

  // Lines for the start.
  std::vector<std::string> announcements() const;

private:
  std::unique_ptr<Gateway> make(const repeater::GatewaySettings& settings,
                                process::Handover& inherited, Purpose purpose) const;

  const config::Config& config_;
  repeater::Trust trust_;
  std::vector<std::unique_ptr<Gateway>> gateways_;
  shm::Rows<ChildRow> processes_;
};

}  // namespace reprise::app
