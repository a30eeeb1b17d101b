#pragma once

#include <chrono>
#include <span>
#include <vector>

#include "app/external_store.hpp"
#include "app/pause.hpp"
#include "app/scoreboard.hpp"
#include "app/start_gate.hpp"
#include "router/http_router.hpp"
#include "router/raw_router.hpp"
#include "router/settings.hpp"
#include "sessions/shared_sessions.hpp"

namespace reprise::app {

// The lives of the worker processes, from after the fork to their exit status. They end on SIGTERM
// at once, on SIGQUIT after their connections have finished; on SIGINT those of the HTTP router
// when the requests under way have, the others at once, and look at
// `pause` on process::look_signal.

// What an HTTP worker waits for before it accepts.
struct StartCondition {
  const StartGate& gate;
  std::chrono::seconds patience;
};

// Who is behind the HTTP router, and where its requests are told.
struct Surroundings {
  const std::vector<router::BackendAddress>& nodes;
  const std::vector<router::BackendAddress>& fallbacks;
  const router::AccessLog* access_log = nullptr;
  const subscription::Directory* directory = nullptr;
  std::span<router::RawNodeCounters> node_counters = {};
  router::HostLookup host_lookup = {};
};

// Caches of sessions that may be had from other nodes.
struct Elsewhere {
  struct Source {
    sessions::SharedSessions& sessions;
    cluster::PullBoard& board;
    shm::Mailbox& mailbox;
  };
  std::vector<Source> sources;
  std::size_t worker = 0;  // of their boards
  std::chrono::milliseconds budget{0};
  const ExternalStore* store = nullptr;  // null: there is none
};

int run_worker(const router::Settings& settings, WorkerRow& row, const Surroundings& surroundings,
               std::vector<router::Frontend> frontends, const StartCondition& start,
               const Elsewhere& elsewhere, const Pause& pause);

int run_raw_worker(const router::RawEnvironment& environment,
                   const std::vector<const net::Listener*>& listeners, const Pause& pause);

}  // namespace reprise::app
