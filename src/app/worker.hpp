#pragma once

#include <vector>

#include "app/scoreboard.hpp"
#include "router/http_router.hpp"
#include "router/settings.hpp"

namespace reprise::app {

// The life of one HTTP worker process, from after the fork to its exit status. Ends on SIGTERM or
// SIGINT at once, on SIGQUIT after its connections have finished.
int run_worker(const router::Settings& settings, WorkerRow& row,
               const std::vector<router::BackendAddress>& backends,
               std::vector<router::Frontend> frontends);

}  // namespace reprise::app
