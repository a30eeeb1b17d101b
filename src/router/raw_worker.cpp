#include "router/raw_worker.hpp"

#include <algorithm>

namespace reprise::router {
namespace {

constexpr std::chrono::seconds longest_default_connect{10};

std::chrono::seconds connect_timeout_of(const RawSettings& settings) {
  if (settings.connect_timeout.count() > 0) return settings.connect_timeout;
  return std::min(settings.timeout, longest_default_connect);
}

}  // namespace

RawWorker::RawWorker(net::asio::io_context& loop, const RawEnvironment& environment,
                     std::chrono::milliseconds sweep_interval)
    : io(loop),
      settings(environment.settings),
      counters(environment.counters),
      node_counters(environment.node_counters),
      connect_timeout(connect_timeout_of(settings)),
      deadlines(io, sweep_interval),
      tools{io, settings.timeout, {}, {}},
      nodes("rawrouter", environment.nodes, settings.gracetime),
      prober(io, deadlines, nodes, connect_timeout),
      fallbacks("rawrouter", environment.fallbacks, settings.gracetime),
      directory(environment.directory) {}

}  // namespace reprise::router
