#include "compat/worker_messages.hpp"

#include <fmt/format.h>

#include "compat/printable.hpp"

namespace reprise::compat {

std::string app_ready(std::size_t id, std::string_view mountpoint, std::uint64_t seconds,
                      const void* interpreter, long pid, bool is_default) {
  return fmt::format(
      "WSGI app {} (mountpoint='{}') ready in {} seconds on interpreter {} pid: {}{}", id,
      mountpoint, seconds, interpreter, pid, is_default ? " (default app)" : "");
}

std::string app_failed(std::size_t id, std::string_view mountpoint) {
  return fmt::format("unable to load app {} (mountpoint='{}') (callable not found or import error)",
                     id, mountpoint);
}

std::string socket_bound(std::size_t number, const std::string& address, int fd) {
  if (address.empty() || address.front() == '/' || address.front() == '@') {
    return fmt::format("uwsgi socket {} bound to UNIX address {} fd {}", number, address, fd);
  }
  return fmt::format("uwsgi socket {} bound to TCP address {} fd {}", number, address, fd);
}

std::string worker_spawned(std::size_t worker, long pid, int cores, bool again) {
  if (again) return fmt::format("Respawned uWSGI worker {} (new pid: {})", worker, pid);
  return fmt::format("spawned uWSGI worker {} (pid: {}, cores: {})", worker, pid, cores);
}

std::string worker_died(std::size_t worker, long pid, int signal) {
  if (signal == 0) {
    return fmt::format("DAMN ! worker {} (pid: {}) died :( trying respawn ...", worker, pid);
  }
  return fmt::format("DAMN ! worker {} (pid: {}) died, killed by signal {} :( trying respawn ...",
                     worker, pid, signal);
}

std::string worker_without_app(std::size_t worker, long pid) {
  return fmt::format("OOPS ! failed loading app in worker {} (pid {}) :( trying again...", worker,
                     pid);
}

std::string worker_ended(std::size_t worker, long pid) {
  return fmt::format("worker {} killed successfully (pid: {})", worker, pid);
}

std::string worker_cheaped(std::size_t worker) {
  return fmt::format("uWSGI worker {} cheaped.", worker);
}

std::string files_mapped(const std::string& path, const std::string& directory) {
  return fmt::format("[uwsgi-static] added mapping for {} => {}", path, directory);
}

std::string need_app_destroys() {
  return now_as_text() + " - need-app requested, destroying the instance...";
}

std::string worker_buried(std::size_t worker, std::uint64_t seconds) {
  return fmt::format("worker {} buried after {} seconds", worker, seconds);
}

std::string worker_paused(std::size_t worker, bool paused) {
  return fmt::format("{} - *** worker {} {} ***", now_as_text(), worker,
                     paused ? "suspended" : "resumed");
}

std::string chain_begins() {
  return now_as_text() + " - chain reload starting...";
}

std::string chain_victim(std::size_t worker) {
  return fmt::format("{} - chain next victim is worker {}", now_as_text(), worker);
}

std::string chain_complete() {
  return now_as_text() + " - chain reloading complete";
}

std::vector<std::string> harakiri(const application::Scoreboard& scoreboard, std::size_t worker,
                                  long pid) {
  const std::string now = now_as_text();
  const std::size_t number = worker + 1;
  std::vector<std::string> lines{
      fmt::format("{} - *** HARAKIRI ON WORKER {} (pid: {}, try: 1) ***", now, number, pid),
      fmt::format("{} - HARAKIRI !!! worker {} status !!!", now, number)};
  for (std::size_t i = 0; i < scoreboard.cores(); ++i) {
    const application::CoreRow& core = scoreboard.core(worker, i);
    if (core.busy.get() == 0) continue;
    lines.push_back(fmt::format("{} - HARAKIRI [core {}] {} - {} {} since {}", now, i,
                                printable(core.client.get()), printable(core.method.get()),
                                printable(core.uri.get()), core.started.get()));
  }
  lines.push_back(fmt::format("{} - HARAKIRI !!! end of worker {} status !!!", now, number));
  return lines;
}

std::string operational_mode(bool applications, int processes, int threads) {
  const char* mode = !applications   ? "no-workers"
                     : processes > 1 ? threads > 1 ? "preforking+threaded" : "preforking"
                     : threads > 1   ? "threaded"
                                     : "single process";
  return fmt::format("*** Operational MODE: {} ***", mode);
}

}  // namespace reprise::compat
