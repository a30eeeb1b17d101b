#include "app/worker.hpp"

#include <signal.h>
#include <unistd.h>

#include "app/child_loop.hpp"
#include "base/error.hpp"
#include "net/signals.hpp"

namespace reprise::app {
namespace {

std::string host_name() {
  char name[256] = "";
  if (::gethostname(name, sizeof name - 1) != 0) return "localhost";
  return name;
}

// Until a signal ends it, or the last connection after one that says so.
template <class Router>
void serve(net::asio::io_context& io, Router& router) {
  const net::Signals signals(io, {SIGTERM, SIGINT, SIGQUIT}, [&](int signal) {
    if (signal == SIGQUIT) {
      router.drain([&io] { io.stop(); });
    } else {
      io.stop();
    }
  });
  router.start();
  run_loop(io, "worker");
}

}  // namespace

int run_worker(const router::Settings& settings, WorkerRow& row,
               const std::vector<router::BackendAddress>& backends,
               std::vector<router::Frontend> frontends) {
  net::asio::io_context io(net::one_thread);
  row.router.active_sessions.set(0);  // those of the process that was here before are gone
  router::HttpRouter router(io, {settings, row.router, row.tls, host_name(), backends},
                            std::move(frontends));
  serve(io, router);
  return 0;
}

int run_raw_worker(const router::RawEnvironment& environment,
                   const std::vector<const net::Listener*>& listeners) {
  net::asio::io_context io(net::one_thread);
  router::RawRouter router(io, environment, listeners);
  serve(io, router);
  return 0;
}

}  // namespace reprise::app
