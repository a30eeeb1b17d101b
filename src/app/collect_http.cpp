#include "app/collect_http.hpp"

#include <unistd.h>

#include <algorithm>

#include "app/collect.hpp"
#include "app/collect_subscriptions.hpp"
#include "base/clock.hpp"
#include "compat/load.hpp"

namespace reprise::app {
namespace {

stats::HttpSnapshot::Node node_sums(const Node& node, std::size_t number) {
  const router::Settings& settings = node.config().http;
  const auto gracetime = static_cast<std::uint64_t>(settings.gracetime.count());
  stats::HttpSnapshot::Node out;
  out.name = settings.upstreams[number].text;
  for (std::size_t worker = 0; worker < node.scoreboard().size(); ++worker) {
    const router::RawNodeCounters& counters = node.scoreboard().nodes_of(worker)[number];
    out.hits += counters.connections.get();
    const std::uint64_t failed_at = counters.failed_at.get();
    if (failed_at + gracetime > unix_now()) {
      out.left_alone_since = std::max(out.left_alone_since, failed_at);
    }
  }
  return out;
}

}  // namespace

stats::HttpSnapshot collect_http(const Node& node) {
  const router::Settings& settings = node.config().http;
  stats::HttpSnapshot out;
  out.version = compat::version;
  out.uid = ::getuid();
  out.gid = ::getgid();
  out.cwd = working_directory();
  const Scoreboard& scoreboard = node.scoreboard();
  if (scoreboard.size() > 0) out.pid = scoreboard.row(0).pid.get();
  for (std::size_t worker = 0; worker < scoreboard.size(); ++worker)
    out.active_sessions += scoreboard.row(worker).router.active_sessions.get();
  for (const router::ListenerSettings& listener : settings.listeners)
    out.listeners.push_back(listener.address);
  // With a socket of our own they are not asked, nor counted.
  const std::size_t nodes = settings.own_socket ? 0 : settings.upstreams.size();
  for (std::size_t number = 0; number < nodes; ++number)
    out.nodes.push_back(node_sums(node, number));
  out.subscriptions = collect_subscriptions(node.http_subscriptions());
  return out;
}

}  // namespace reprise::app
