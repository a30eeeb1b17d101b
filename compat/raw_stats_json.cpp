#include "compat/raw_stats_json.hpp"

#include "compat/subscription_json.hpp"

namespace reprise::compat {
namespace {

std::uint64_t active_sessions(const stats::RawSnapshot& snapshot) {
  std::uint64_t sum = 0;
  for (const stats::RawWorkerSnapshot& worker : snapshot.workers)
    sum += worker.active_sessions;
  return sum;
}

void print_static_nodes(JsonPrinter& json, const stats::RawSnapshot& snapshot) {
  if (snapshot.nodes.empty()) return;
  json.begin_list("static_nodes");
  for (const stats::RawNodeSnapshot& node : snapshot.nodes) {
    json.begin_object();
    json.member("name", node.name);
    json.member("hits", node.connections);
    json.member("grace", node.left_alone_since);
    json.end_object();
  }
  json.end_list();
}

void print_nodes(JsonPrinter& json, std::string_view key,
                 const std::vector<stats::RawNodeSnapshot>& nodes) {
  json.begin_list(key);
  for (const stats::RawNodeSnapshot& node : nodes) {
    json.begin_object();
    json.member("name", node.name);
    json.member("connections", node.connections);
    json.member("active", node.active);
    json.member("failed", node.failed);
    json.end_object();
  }
  json.end_list();
}

void print_workers(JsonPrinter& json, const stats::RawSnapshot& snapshot) {
  json.begin_list("workers");
  for (const stats::RawWorkerSnapshot& worker : snapshot.workers) {
    json.begin_object();
    json.member("id", worker.id);
    json.member("pid", worker.pid);
    json.member("respawns", worker.respawns);
    json.member("accepted", worker.accepted);
    json.member("accept_failed", worker.accept_failed);
    json.member("active_sessions", worker.active_sessions);
    json.member("bytes_in", worker.bytes_in);
    json.member("bytes_out", worker.bytes_out);
    json.member("no_node", worker.no_node);
    json.member("connect_failed", worker.connect_failed);
    json.member("greeting_failed", worker.greeting_failed);
    json.member("timed_out", worker.timed_out);
    json.member("client_failed", worker.client_failed);
    json.member("node_failed", worker.node_failed);
    json.end_object();
  }
  json.end_list();
}

}  // namespace

std::string raw_stats_json(const stats::RawSnapshot& snapshot, bool minified) {
  JsonPrinter json(minified);
  json.begin_object();
  json.member("version", snapshot.version);
  json.member("pid", snapshot.workers.empty() ? 0 : snapshot.workers.front().pid);
  json.member("uid", snapshot.uid);
  json.member("gid", snapshot.gid);
  json.member("cwd", snapshot.cwd);
  json.member("active_sessions", active_sessions(snapshot));
  json.begin_list("rawrouter");
  for (const std::string& listener : snapshot.listeners)
    json.item(listener);
  if (snapshot.subscriptions) {
    for (const std::string& server : snapshot.subscriptions->servers)
      json.item(server);
  }
  json.end_list();
  print_static_nodes(json, snapshot);
  if (snapshot.subscriptions) print_subscriptions(json, *snapshot.subscriptions);
  json.member("cheap", std::uint64_t{0});
  if (snapshot.subscriptions) print_announces(json, *snapshot.subscriptions);
  print_nodes(json, "nodes", snapshot.nodes);
  print_nodes(json, "fallbacks", snapshot.fallbacks);
  print_workers(json, snapshot);
  json.end_object();
  return json.take();
}

}  // namespace reprise::compat
