#include "app/worker.hpp"

#include <signal.h>
#include <unistd.h>

#include "app/child_loop.hpp"
#include "app/host_name.hpp"
#include "base/log.hpp"
#include "net/signals.hpp"
#include "process/master.hpp"

namespace reprise::app {
namespace {

// Until a signal ends it, or the last connection after one that says so.
template <class Router>
void serve(net::asio::io_context& io, Router& router, const Pause& pause) {
  const auto look = [&] {
    log::follow();
    if (pause.is_on()) {
      router.pause();
    } else {
      router.resume();
    }
  };
  const net::Signals signals(io, {SIGTERM, SIGINT, SIGQUIT, process::look_signal}, [&](int signal) {
    if (signal == process::look_signal) {
      look();
    } else if (signal == SIGQUIT) {
      router.drain([&io] { io.stop(); });
    } else {
      io.stop();
    }
  });
  look();
  run_loop(io, "worker");
}

net::awaitable<void> start_when_open(net::asio::io_context& io, StartCondition start,
                                     router::HttpRouter& router) {
  co_await start.gate.wait(io, start.patience);
  router.start();
}

}  // namespace

int run_worker(const router::Settings& settings, WorkerRow& row, const Surroundings& surroundings,
               std::vector<router::Frontend> frontends, const StartCondition& start,
               const Pause& pause) {
  net::asio::io_context io(net::one_thread);
  row.router.active_sessions.set(0);  // those of the process that was here before are gone
  router::HttpRouter router(
      io,
      {settings, row.router, row.tls, host_name(), surroundings.nodes, surroundings.fallbacks,
       surroundings.access_log, surroundings.directory, surroundings.node_counters},
      std::move(frontends));
  net::asio::co_spawn(io, start_when_open(io, start, router), net::asio::detached);
  serve(io, router, pause);
  return 0;
}

int run_raw_worker(const router::RawEnvironment& environment,
                   const std::vector<const net::Listener*>& listeners, const Pause& pause) {
  net::asio::io_context io(net::one_thread);
  router::RawRouter router(io, environment, listeners);
  router.start();
  serve(io, router, pause);
  return 0;
}

}  // namespace reprise::app
