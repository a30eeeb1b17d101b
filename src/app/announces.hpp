#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/purpose.hpp"
#include "config/config.hpp"
#include "net/asio.hpp"
#include "process/handover.hpp"
#include "shm/counter.hpp"
#include "shm/rows.hpp"
#include "subscription/announcer.hpp"

namespace reprise::app {

// What this node announces of itself, made before the fork. The keeper sends it.
class Announces {
public:
  // `config` outlives this; `sockets` are where the applications listen. Throws std::runtime_error
  // with the place in the configuration.
  Announces(const config::Config& config, std::vector<std::string> sockets,
            process::Handover& inherited, Purpose purpose);

  // Announces for as long as the loop runs, from the moment on that somebody `serves`.
  void start(net::asio::io_context& io, std::function<bool()> serves);

  // Tells the servers that this node leaves; not if another generation goes on in its place.
  void leave();

  void hand_over(process::Handover& handover) const;

private:
  subscription::Announcer announcer_;
  shm::Rows<shm::Counter> superseded_{"reprise-announces", 1};
  shm::Rows<shm::Counter> begun_{"reprise-announces-begun", 1};  // by the first keeper
  shm::Rows<shm::Counter> announced_{"reprise-announced", 1};
  bool after_reload_ = false;
};

}  // namespace reprise::app
