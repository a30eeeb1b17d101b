#include "compat/subscription_json.hpp"

namespace reprise::compat {
namespace {

void print_node(JsonPrinter& json, const stats::SubscriptionSnapshot::Node& node) {
  json.begin_object();
  json.member("name", node.name);
  json.member("modifier1", node.modifier1);
  json.member("modifier2", node.modifier2);
  json.member("last_check", node.last_check);
  json.member("pid", node.pid);
  json.member("uid", node.uid);
  json.member("gid", node.gid);
  json.member("requests", node.requests);
  json.member("last_requests", node.last_requests);
  json.member("tx", node.tx);
  json.member("rx", node.rx);
  json.member("cores", node.cores);
  json.member("load", node.load);
  json.member("weight", node.weight);
  json.member("wrr", node.wrr);
  json.member("ref", node.ref);
  json.member("failcnt", node.failcnt);
  json.member("death_mark", node.death_mark);
  json.end_object();
}

}  // namespace

void print_subscriptions(JsonPrinter& json, const stats::SubscriptionSnapshot& subscriptions) {
  json.begin_list("subscriptions");
  for (const auto& pool : subscriptions.pools) {
    json.begin_object();
    json.member("key", pool.key);
    json.member("hash", pool.hash);
    json.member("hits", pool.hits);
    json.member("sni_enabled", std::uint64_t{0});
    json.begin_list("nodes");
    for (const auto& node : pool.nodes)
      print_node(json, node);
    json.end_list();
    json.end_object();
  }
  json.end_list();
}

void print_announces(JsonPrinter& json, const stats::SubscriptionSnapshot& subscriptions) {
  json.begin_object("announces");
  json.member("received", subscriptions.received);
  json.member("accepted", subscriptions.announces);
  json.member("left", subscriptions.leaves);
  json.member("silent", subscriptions.silent);
  json.member("failed", subscriptions.failed);
  json.member("certificates_ignored", subscriptions.certificates_ignored);
  json.begin_object("rejected");
  for (const auto& [reason, count] : subscriptions.rejected)
    json.member(reason, count);
  json.end_object();
  json.end_object();
}

}  // namespace reprise::compat
