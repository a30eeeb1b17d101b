#include "compat/http_stats_json.hpp"

#include "compat/subscription_json.hpp"

namespace reprise::compat {
namespace {

void print_static_nodes(JsonPrinter& json, const stats::HttpSnapshot& snapshot) {
  if (snapshot.nodes.empty()) return;
  json.begin_list("static_nodes");
  for (const stats::HttpSnapshot::Node& node : snapshot.nodes) {
    json.begin_object();
    json.member("name", node.name);
    json.member("hits", node.hits);
    json.member("grace", node.left_alone_since);
    json.end_object();
  }
  json.end_list();
}

}  // namespace

std::string http_stats_json(const stats::HttpSnapshot& snapshot, bool minified) {
  JsonPrinter json(minified);
  json.begin_object();
  json.member("version", snapshot.version);
  json.member("pid", snapshot.pid);
  json.member("uid", snapshot.uid);
  json.member("gid", snapshot.gid);
  json.member("cwd", snapshot.cwd);
  json.member("active_sessions", snapshot.active_sessions);
  json.begin_list("http");
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
  json.end_object();
  return json.take();
}

}  // namespace reprise::compat
