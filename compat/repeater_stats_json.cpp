#include "compat/repeater_stats_json.hpp"

#include "compat/uwsgi_json.hpp"

namespace reprise::compat {
namespace {

using stats::RepeaterSnapshot;

void print_reasons(JsonPrinter& json, const RepeaterSnapshot::Reasons& reasons) {
  json.begin_object("rejected");
  for (const auto& [name, count] : reasons)
    json.member(name, count);
  json.end_object();
}

void print_member(JsonPrinter& json, const RepeaterSnapshot::Member& member) {
  json.begin_object();
  json.member("address", member.address);
  json.member("kind", member.kind);
  json.member("cookie", std::uint64_t{member.cookie});
  json.member("age_ms", member.age_ms);
  json.member("heard_ms", member.heard_ms);
  json.member("received", member.received);
  json.member("received_bytes", member.received_bytes);
  json.member("sent", member.sent);
  json.member("sent_bytes", member.sent_bytes);
  print_reasons(json, member.rejected);
  json.end_object();
}

void print_gateway(JsonPrinter& json, const RepeaterSnapshot::Gateway& gateway) {
  json.begin_object();
  json.member("address", gateway.address);
  json.begin_list("subscription_servers");
  for (const std::string& server : gateway.servers)
    json.item(server);
  json.end_list();
  json.member("received", gateway.received);
  json.member("received_bytes", gateway.received_bytes);
  json.member("forwarded", gateway.forwarded);
  json.member("cookies", gateway.cookies);
  json.member("joined", gateway.joined);
  json.member("left", gateway.left);
  json.member("failed", gateway.failed);
  json.member("dropped", gateway.dropped);
  print_reasons(json, gateway.rejected);
  json.begin_list("members");
  for (const RepeaterSnapshot::Member& member : gateway.members)
    print_member(json, member);
  json.end_list();
  json.end_object();
}

}  // namespace

std::string repeater_stats_json(const RepeaterSnapshot& snapshot, bool minified) {
  JsonPrinter json(minified);
  json.begin_object();
  json.member("version", snapshot.version);
  json.member("pid", snapshot.processes.empty() ? 0 : snapshot.processes.front().pid);
  json.member("uid", snapshot.uid);
  json.member("gid", snapshot.gid);
  json.member("cwd", snapshot.cwd);
  json.begin_list("udprepeater");
  for (const RepeaterSnapshot::Gateway& gateway : snapshot.gateways)
    print_gateway(json, gateway);
  json.end_list();
  json.begin_list("workers");
  for (const RepeaterSnapshot::Process& process : snapshot.processes) {
    json.begin_object();
    json.member("id", process.id);
    json.member("pid", process.pid);
    json.member("respawns", process.respawns);
    json.end_object();
  }
  json.end_list();
  json.end_object();
  return json.take();
}

}  // namespace reprise::compat
