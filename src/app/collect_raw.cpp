#include "app/collect_raw.hpp"

#include <unistd.h>

#include <algorithm>

#include "app/collect.hpp"
#include "app/collect_subscriptions.hpp"
#include "base/clock.hpp"
#include "compat/load.hpp"

namespace reprise::app {
namespace {

stats::RawWorkerSnapshot snapshot_of(const RawWorkerRow& row, std::uint64_t id) {
  const router::RawCounters& counters = row.router;
  stats::RawWorkerSnapshot out;
  out.id = id;
  out.pid = row.pid.get();
  out.respawns = row.starts.get() > 0 ? row.starts.get() - 1 : 0;
  out.accepted = counters.accepted.get();
  out.accept_failed = counters.accept_failed.get();
  out.active_sessions = counters.active_sessions.get();
  out.bytes_in = counters.bytes_in.get();
  out.bytes_out = counters.bytes_out.get();
  out.no_node = counters.no_node.get();
  out.connect_failed = counters.connect_failed.get();
  out.greeting_failed = counters.greeting_failed.get();
  out.timed_out = counters.timed_out.get();
  out.client_failed = counters.client_failed.get();
  out.node_failed = counters.node_failed.get();
  return out;
}

// `number`: as in the workers' rows.
stats::RawNodeSnapshot node_sums(const Node& node, const Written& name, std::size_t number) {
  const RawScoreboard& scoreboard = node.raw_scoreboard();
  const auto gracetime = static_cast<std::uint64_t>(node.config().raw.gracetime.count());
  stats::RawNodeSnapshot out;
  out.name = name.text;
  for (std::size_t worker = 0; worker < scoreboard.size(); ++worker) {
    const router::RawNodeCounters& counters = scoreboard.nodes_of(worker)[number];
    out.connections += counters.connections.get();
    out.active += counters.active.get();
    out.failed += counters.failed.get();
    const std::uint64_t failed_at = counters.failed_at.get();
    if (failed_at + gracetime > unix_now()) {
      out.left_alone_since = std::max(out.left_alone_since, failed_at);
    }
  }
  return out;
}

}  // namespace

stats::RawSnapshot collect_raw(const Node& node) {
  const router::RawSettings& settings = node.config().raw;
  stats::RawSnapshot out;
  out.version = compat::version;
  out.uid = ::getuid();
  out.gid = ::getgid();
  out.cwd = working_directory();
  for (const Written& listener : settings.listeners)
    out.listeners.push_back(listener.text);
  out.subscriptions = collect_subscriptions(node.raw_subscriptions());
  std::size_t number = 0;
  for (const Written& name : settings.nodes)
    out.nodes.push_back(node_sums(node, name, number++));
  for (const Written& name : settings.fallbacks)
    out.fallbacks.push_back(node_sums(node, name, number++));
  for (std::size_t i = 0; i < node.raw_scoreboard().size(); ++i)
    out.workers.push_back(snapshot_of(node.raw_scoreboard().row(i), i + 1));
  return out;
}

}  // namespace reprise::app
