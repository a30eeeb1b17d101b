#include "app/collect_workers.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>

#include <fmt/format.h>

namespace reprise::app {
namespace {

using application::Scoreboard;

// What the kernel tells of a listening TCP socket: who waits, and how many may.
void ask_for_queue(int fd, stats::SocketSnapshot& out) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return;
  out.queue = info.tcpi_unacked;
  out.max_queue = info.tcpi_sacked;
}

void ask_for_memory(std::uint64_t pid, stats::WorkerSnapshot& out) {
  if (pid == 0) return;
  std::uint64_t all = 0, resident = 0;
  std::ifstream(fmt::format("/proc/{}/statm", pid)) >> all >> resident;
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  out.vsz = all * page;
  out.rss = resident * page;
}

stats::WorkerSnapshot::Core snapshot_of(const application::CoreRow& row, std::size_t id) {
  stats::WorkerSnapshot::Core out;
  out.id = id;
  out.requests = row.requests.get();
  out.files = row.files.get();
  out.write_errors = row.write_errors.get();
  out.read_errors = row.read_errors.get();
  if (row.busy.get() == 0) return out;
  out.request_start = row.started.get();
  out.variables = {{"REQUEST_METHOD", std::string(row.method.get())},
                   {"REQUEST_URI", std::string(row.uri.get())},
                   {"REMOTE_ADDR", std::string(row.client.get())}};
  return out;
}

stats::WorkerSnapshot snapshot_of(const Scoreboard& scoreboard, std::size_t index,
                                  bool with_cores) {
  const application::WorkerRow& row = scoreboard.worker(index);
  stats::WorkerSnapshot out;
  out.id = index + 1;
  out.pid = row.pid.get();
  out.accepting = row.accepting.get();
  out.requests = row.requests.get();
  out.delta_requests = row.since_spawn.get();
  out.exceptions = row.exceptions.get();
  out.harakiri_count = row.harakiris.get();
  out.running_time = row.running_time.get();
  out.last_spawn = row.last_spawn.get();
  out.respawn_count = row.spawns.get();
  out.tx = row.sent.get();
  out.avg_rt = row.average_time.get();
  ask_for_memory(out.pid, out);
  for (std::size_t i = 0; i < application::max_apps; ++i) {
    const application::LoadedRow& loaded = scoreboard.loaded(i);
    if (loaded.loaded.get() == 0) break;
    const application::AppRow& app = scoreboard.app(index, i);
    out.apps.push_back({i, loaded.seconds.get(), app.requests.get(), app.exceptions.get(),
                        std::string(loaded.mountpoint.get())});
  }
  for (std::size_t i = 0; i < scoreboard.cores(); ++i) {
    out.busy = out.busy || scoreboard.core(index, i).busy.get() != 0;
    if (with_cores) out.cores.push_back(snapshot_of(scoreboard.core(index, i), i));
  }
  return out;
}

}  // namespace

void collect_workers(const Node& node, stats::Snapshot& out) {
  const Applications& applications = *node.applications();
  for (const application::Socket& socket : applications.sockets(node.config().application)) {
    stats::SocketSnapshot& one = out.sockets.emplace_back();
    one.name = socket.is_ours ? applications.backend()->written : socket.address;
    one.protocol = socket.protocol == application::Protocol::http ? "http" : "uwsgi";
    ask_for_queue(socket.fd, one);
  }
  for (std::size_t i = 0; i < applications.scoreboard().workers(); ++i)
    out.workers.push_back(snapshot_of(applications.scoreboard(), i, node.config().stats.cores));
}

}  // namespace reprise::app
