#include "compat/sync_json.hpp"

namespace reprise::compat {
namespace {

using Sync = stats::SyncSnapshot;

void print_reasons(JsonPrinter& json, const Sync::Reasons& reasons) {
  json.begin_object("rejected");
  for (const auto& [reason, count] : reasons)
    json.member(reason, count);
  json.end_object();
}

// The sums over a cache's peers.
void print_sums(JsonPrinter& json, const Sync& sync) {
  Sync::Node sent;
  for (const Sync::Node& node : sync.nodes) {
    sent.sent += node.sent;
    sent.sent_bytes += node.sent_bytes;
    sent.refused += node.refused;
    sent.failed += node.failed;
  }
  Sync::Peer taken;
  for (const Sync::Peer& peer : sync.peers) {
    taken.received += peer.received;
    taken.received_bytes += peer.received_bytes;
    taken.applied += peer.applied;
  }
  std::uint64_t dropped = 0;
  for (const Sync::Server& server : sync.servers)
    dropped += server.dropped;
  json.member("sent", sent.sent);
  json.member("sent_bytes", sent.sent_bytes);
  json.member("refused", sent.refused);
  json.member("failed", sent.failed);
  json.member("too_large", sync.too_large);
  json.member("received", taken.received);
  json.member("received_bytes", taken.received_bytes);
  json.member("applied", taken.applied);
  print_reasons(json, sync.rejected);
  json.member("dropped", dropped);
}

void print_copy(JsonPrinter& json, const Sync::Copy& copy) {
  json.begin_object("copy");
  json.member("state", copy.state);
  json.member("neighbour", copy.neighbour);
  json.member("attempts", copy.attempts);
  json.member("bytes", copy.bytes);
  json.member("taken", copy.taken);
  print_reasons(json, copy.rejected);
  json.end_object();
}

void print_nodes(JsonPrinter& json, const Sync& sync) {
  json.begin_list("nodes");
  for (const Sync::Node& node : sync.nodes) {
    json.begin_object();
    json.member("address", node.address);
    json.member("sent", node.sent);
    json.member("sent_bytes", node.sent_bytes);
    json.member("refused", node.refused);
    json.member("failed", node.failed);
    json.end_object();
  }
  json.end_list();
}

void print_peers(JsonPrinter& json, const Sync& sync) {
  json.begin_list("peers");
  for (const Sync::Peer& peer : sync.peers) {
    json.begin_object();
    json.member("address", peer.address);
    json.member("received", peer.received);
    json.member("received_bytes", peer.received_bytes);
    json.member("applied", peer.applied);
    if (peer.last_packet_ms) json.member("last_packet_ms", *peer.last_packet_ms);
    print_reasons(json, peer.rejected);
    json.end_object();
  }
  json.end_list();
}

void print_servers(JsonPrinter& json, const Sync& sync) {
  json.begin_list("servers");
  for (const Sync::Server& server : sync.servers) {
    json.begin_object();
    json.member("address", server.address);
    json.member("dropped", server.dropped);
    json.end_object();
  }
  json.end_list();
}

void print_delay(JsonPrinter& json, const char* name, const stats::Delay& delay) {
  json.begin_object(name);
  json.member("count", delay.count);
  json.member("p50", delay.p50);
  json.member("p90", delay.p90);
  json.member("p99", delay.p99);
  json.end_object();
}

void print_heard(JsonPrinter& json, const std::vector<Sync::Heard>& heard) {
  json.begin_list("heard");
  for (const Sync::Heard& one : heard) {
    json.begin_object();
    json.member("address", one.address);
    json.member("name", one.name);
    json.member("heard_ms", one.heard_ms);
    json.end_object();
  }
  json.end_list();
}

void print_sealed(JsonPrinter& json, const Sync::Sealed& sealed) {
  json.begin_object("sealed");
  json.member("node", sealed.node);
  json.member("name", sealed.name);
  json.member("keys", sealed.keys);
  for (const auto& [name, count] : sealed.counters)
    json.member(name, count);
  json.member("filling", sealed.filling);
  json.begin_object("pulls");
  for (const auto& [end, count] : sealed.pulls)
    json.member(end, count);
  json.end_object();
  print_delay(json, "push_delay_us", sealed.push_delay);
  print_delay(json, "pull_delay_us", sealed.pull_delay);
  json.begin_list("members");
  for (const Sync::Member& member : sealed.members) {
    json.begin_object();
    json.member("address", member.address);
    json.member("node", member.node);
    json.member("name", member.name);
    json.member("version", member.version);
    json.member("heard_ms", member.heard_ms);
    json.member("items", member.items);
    json.member("pushes", member.pushes);
    json.member("missing", member.missing);
    json.member("keys", member.keys);
    json.signed_member("clock_difference", member.clock_difference);
    json.member("sent", member.sent);
    json.member("keys_shared", member.keys_shared);
    if (member.hello_ms) json.member("hello_ms", *member.hello_ms);
    if (member.round_trip_us) json.member("round_trip_us", *member.round_trip_us);
    json.end_object();
  }
  json.end_list();
  print_heard(json, sealed.heard);
  json.end_object();
}

}  // namespace

void print_sync(JsonPrinter& json, const Sync& sync) {
  json.begin_object();
  json.member("cache", sync.cache);
  json.begin_object("hits");
  json.member("made_here", sync.hits_here);
  json.member("made_elsewhere", sync.hits_elsewhere);
  json.end_object();
  if (sync.copy) print_copy(json, *sync.copy);
  print_sums(json, sync);
  print_nodes(json, sync);
  print_peers(json, sync);
  print_servers(json, sync);
  if (sync.sealed) print_sealed(json, *sync.sealed);
  json.end_object();
}

void print_service(JsonPrinter& json, const stats::ServiceSnapshot& service) {
  json.begin_object("cache_servers");
  json.begin_list("addresses");
  for (const std::string& address : service.addresses)
    json.item(address);
  json.end_list();
  json.member("connections", service.connections);
  json.member("active", service.active);
  json.member("cut", service.cut);
  json.member("malformed", service.malformed);
  json.member("other_key", service.other_key);
  json.member("forged", service.forged);
  json.member("commands", service.commands);
  json.member("copies", service.copies);
  json.member("dumps", service.dumps);
  json.member("busy", service.busy);
  json.member("items_sent", service.items_sent);
  json.member("bytes_sent", service.bytes_sent);
  json.member("withheld", service.withheld);
  json.member("left_out", service.left_out);
  json.end_object();
}

}  // namespace reprise::compat
