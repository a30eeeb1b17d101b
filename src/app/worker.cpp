#include "app/worker.hpp"

#include <signal.h>
#include <unistd.h>

#include <functional>
#include <list>
#include <optional>

#include "app/child_loop.hpp"
#include "app/host_name.hpp"
#include "base/log.hpp"
#include "net/signals.hpp"
#include "process/master.hpp"
#include "router/access_log.hpp"

namespace reprise::app {
namespace {

// Until a signal ends it, or the last connection after one that says so.
template <class Router>
void serve(net::asio::io_context& io, const Pause& pause, const router::AccessLog* access_log,
           Router& router, const std::function<void(int signal)>& act) {
  const auto look = [&] {
    log::follow();
    if (access_log != nullptr) access_log->follow();
    if (pause.is_on()) {
      router.pause();
    } else {
      router.resume();
    }
  };
  const net::Signals signals(io, {SIGTERM, SIGINT, SIGQUIT, process::look_signal}, [&](int signal) {
    if (signal == process::look_signal) return look();
    act(signal);
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
               const Elsewhere& elsewhere, const Pause& pause) {
  // Handshakes that wait go with the loop, before those who they asked.
  std::list<cluster::Puller> pullers;
  std::optional<ExternalStore::Use> store;
  net::asio::io_context io(net::one_thread);
  for (const Elsewhere::Source& source : elsewhere.sources) {
    cluster::Puller& puller =
        pullers.emplace_back(io, source.board, source.mailbox, elsewhere.worker, elsewhere.budget);
    puller.start();
    source.sessions.look_elsewhere(puller);
  }
  if (elsewhere.store != nullptr) store.emplace(io, *elsewhere.store, elsewhere.worker);
  row.router.active_sessions.set(0);  // those of the process that was here before are gone
  router::HttpRouter router(
      io,
      {settings, row.router, row.tls, host_name(), surroundings.nodes, surroundings.fallbacks,
       surroundings.access_log, surroundings.directory, surroundings.node_counters,
       surroundings.host_lookup},
      std::move(frontends));
  net::asio::co_spawn(io, start_when_open(io, start, router), net::asio::detached);
  serve(io, pause, surroundings.access_log, router, [&](int signal) {
    if (signal == SIGTERM) return io.stop();
    // A terminal sends SIGINT to all processes; the master does when it stops.
    const bool stops = signal == SIGINT;
    router.drain(stops ? router::Drain::to_stop : router::Drain::to_hand_over,
                 [&io] { io.stop(); });
  });
  return 0;
}

int run_raw_worker(const router::RawEnvironment& environment,
                   const std::vector<const net::Listener*>& listeners, const Pause& pause) {
  net::asio::io_context io(net::one_thread);
  router::RawRouter router(io, environment, listeners);
  router.start();
  serve(io, pause, /*access_log=*/nullptr, router, [&](int signal) {
    if (signal != SIGQUIT) return io.stop();
    router.drain([&io] { io.stop(); });
  });
  return 0;
}

}  // namespace reprise::app
