#include "router/worker.hpp"

#include <algorithm>

namespace reprise::router {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds default_timeout{60};
constexpr milliseconds longest_default_connect = seconds(10);
constexpr milliseconds default_kept_body = seconds(600);
constexpr seconds linger_time{2};

milliseconds or_else(milliseconds value, milliseconds fallback) {
  return value.count() > 0 ? value : fallback;
}

}  // namespace

Timeouts::Timeouts(const Settings& settings)
    : idle(or_else(settings.timeout, default_timeout)),
      head(or_else(settings.headers_timeout, idle)),
      body(settings.body_timeout),
      kept_body(or_else(body, default_kept_body)),
      connect(or_else(settings.connect_timeout, std::min(idle, longest_default_connect))),
      handshake(or_else(settings.handshake_timeout, idle)),
      keepalive(or_else(settings.keepalive_timeout, idle)),
      linger(std::min<milliseconds>(idle, linger_time)) {}

Worker::Worker(net::asio::io_context& loop, const Environment& environment,
               std::chrono::milliseconds sweep_interval)
    : io(loop),
      settings(environment.settings),
      counters(environment.counters),
      tls_counters(environment.tls_counters),
      host_name(environment.host_name),
      timeouts(settings),
      deadlines(io, sweep_interval),
      backends("http", environment.backends, settings.gracetime),
      prober(io, deadlines, backends, timeouts.connect),
      fallbacks("http", environment.fallbacks, settings.gracetime),
      kept(deadlines, settings.backend_http, counters.backends),
      access_log(environment.access_log),
      host_lookup(environment.host_lookup),
      directory(environment.directory),
      node_counters(environment.node_counters),
      kept_bodies(settings.max_kept_bodies),
      quota(settings.max_connections) {}

}  // namespace reprise::router
