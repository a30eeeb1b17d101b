#pragma once

#include <vector>

#include "app/scoreboard.hpp"
#include "router/http_router.hpp"
#include "router/raw_router.hpp"
#include "router/settings.hpp"

namespace reprise::app {

// The lives of the worker processes, from after the fork to their exit status. They end on SIGTERM
// or SIGINT at once, on SIGQUIT after their connections have finished.

int run_worker(const router::Settings& settings, WorkerRow& row,
               const std::vector<router::BackendAddress>& backends,
               std::vector<router::Frontend> frontends);

int run_raw_worker(const router::RawEnvironment& environment,
                   const std::vector<const net::Listener*>& listeners);

}  // namespace reprise::app
