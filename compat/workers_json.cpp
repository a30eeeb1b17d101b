#include "compat/workers_json.hpp"

namespace reprise::compat {
namespace {

using stats::WorkerSnapshot;

const char* status_of(const WorkerSnapshot& worker) {
  if (worker.pid == 0) return "cheap";
  return worker.busy ? "busy" : "idle";
}

void print(JsonPrinter& json, const stats::SocketSnapshot& socket) {
  json.begin_object();
  json.member("name", socket.name);
  json.member("proto", socket.protocol);
  json.member("queue", socket.queue);
  json.member("max_queue", socket.max_queue);
  json.member("shared", std::uint64_t{0});
  json.member("can_offload", std::uint64_t{0});
  json.end_object();
}

void print(JsonPrinter& json, const WorkerSnapshot::App& app) {
  json.begin_object();
  json.member("id", app.id);
  json.member("modifier1", std::uint64_t{0});
  json.member("mountpoint", app.mountpoint);
  json.member("startup_time", app.startup_time);
  json.member("requests", app.requests);
  json.member("exceptions", app.exceptions);
  json.member("chdir", "");
  json.end_object();
}

void print(JsonPrinter& json, const WorkerSnapshot::Core& core) {
  json.begin_object();
  json.member("id", core.id);
  json.member("requests", core.requests);
  json.member("static_requests", core.files);
  for (const char* name : {"routed_requests", "offloaded_requests"})
    json.member(name, std::uint64_t{0});
  json.member("write_errors", core.write_errors);
  json.member("read_errors", core.read_errors);
  const bool busy = core.request_start != 0;
  json.member("in_request", std::uint64_t{busy});
  json.begin_list("vars");
  for (const auto& [name, value] : core.variables)
    json.item(name + "=" + value);
  if (busy) json.item("");  // uWSGI's list ends so
  json.end_list();
  json.begin_object("req_info");
  if (busy) json.member("request_start", core.request_start);
  json.end_object();
  json.end_object();
}

void print(JsonPrinter& json, const WorkerSnapshot& worker) {
  json.begin_object();
  json.member("id", worker.id);
  json.member("pid", worker.pid);
  json.member("accepting", worker.accepting);
  json.member("requests", worker.requests);
  json.member("delta_requests", worker.delta_requests);
  json.member("exceptions", worker.exceptions);
  json.member("harakiri_count", worker.harakiri_count);
  json.member("signals", std::uint64_t{0});
  json.member("signal_queue", std::uint64_t{0});
  json.member("status", status_of(worker));
  json.member("rss", worker.rss);
  json.member("vsz", worker.vsz);
  json.member("running_time", worker.running_time);
  json.member("last_spawn", worker.last_spawn);
  json.member("respawn_count", worker.respawn_count);
  json.member("tx", worker.tx);
  json.member("avg_rt", worker.avg_rt);
  json.begin_list("apps");
  for (const WorkerSnapshot::App& app : worker.apps)
    print(json, app);
  json.end_list();
  if (!worker.cores.empty()) {
    json.begin_list("cores");
    for (const WorkerSnapshot::Core& core : worker.cores)
      print(json, core);
    json.end_list();
  }
  json.end_object();
}

}  // namespace

void print_workers(JsonPrinter& json, const stats::Snapshot& snapshot) {
  json.begin_list("sockets");
  for (const stats::SocketSnapshot& socket : snapshot.sockets)
    print(json, socket);
  json.end_list();
  json.begin_list("workers");
  for (const WorkerSnapshot& worker : snapshot.workers)
    print(json, worker);
  json.end_list();
}

}  // namespace reprise::compat
