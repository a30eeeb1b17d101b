#include "compat/messages.hpp"

#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/clock.hpp"
#include "compat/load.hpp"
#include "compat/printable.hpp"

namespace reprise::compat {
namespace {

std::string limit(int resource) {
  rlimit value{};
  if (::getrlimit(static_cast<__rlimit_resource_t>(resource), &value) != 0) return "unknown";
  return value.rlim_cur == RLIM_INFINITY ? "unlimited" : std::to_string(value.rlim_cur);
}

}  // namespace

std::vector<std::string> banner(const StartFacts& facts) {
  utsname system{};
  ::uname(&system);
  std::vector<std::string> lines{
      fmt::format("*** Starting uWSGI {} ({}bit) on [{}] ***", version, sizeof(void*) * 8,
                  now_as_text()),
      fmt::format("compiled with version: {}", __VERSION__),
      fmt::format("os: {}-{} {}", system.sysname, system.release, system.version),
      fmt::format("nodename: {}", system.nodename),
      fmt::format("machine: {}", system.machine),
      "clock source: unix",
      fmt::format("detected number of CPU cores: {}", ::sysconf(_SC_NPROCESSORS_ONLN)),
      fmt::format("current working directory: {}", facts.working_directory),
      fmt::format("detected binary path: {}", facts.binary_path),
  };
  if (facts.root_without_uid) {
    lines.emplace_back("uWSGI running as root, you can use --uid/--gid/--chroot options");
    lines.emplace_back("*** WARNING: you are running uWSGI as root !!! (use the --uid flag) *** ");
  }
  lines.push_back(fmt::format("your processes number limit is {}", limit(RLIMIT_NPROC)));
  lines.push_back(fmt::format("your memory page size is {} bytes", ::sysconf(_SC_PAGESIZE)));
  lines.push_back(fmt::format("detected max file descriptor number: {}", limit(RLIMIT_NOFILE)));
  lines.emplace_back("lock engine: pthread robust mutexes");
  return lines;
}

std::vector<std::string> before_children(long reload_mercy_seconds, std::string_view mode) {
  return {fmt::format("your mercy for graceful operations on workers is {} seconds",
                      reload_mercy_seconds),
          std::string(mode)};
}

std::string master_spawned(long pid, bool after_reload) {
  return fmt::format("{}spawned uWSGI master process (pid: {})",
                     after_reload ? "gracefully (RE)" : "", pid);
}

std::string gateway_spawned(const std::string& name, long pid, bool again) {
  return fmt::format("{}spawned {} (pid: {})", again ? "re" : "", name, pid);
}

std::string gateway_buried(const std::string& name, long pid) {
  return fmt::format("gateway \"{}\" has been buried (pid: {})", name, pid);
}

std::string router_bound(std::string_view router, const std::string& address, int fd) {
  return fmt::format("uWSGI {} bound on {} fd {}", router, address, fd);
}

std::string shared_socket_bound(std::size_t index, const std::string& address, int fd) {
  const bool tcp = !address.starts_with('/') && !address.starts_with('@');
  return fmt::format("uwsgi shared socket {} bound to {} address {} fd {}", index,
                     tcp ? "TCP" : "UNIX", address, fd);
}

std::string router_stats_enabled(std::string_view router, const std::string& address, int fd) {
  return fmt::format("*** {} stats server enabled on {} fd: {} ***", router, address, fd);
}

std::string subscription_server_bound(std::string_view router, const std::string& address, int fd) {
  return fmt::format("uWSGI {} subscription server bound on {} fd {}", router, address, fd);
}

std::string subscriptions_are_open(const std::string& address) {
  return fmt::format(
      "*** WARNING: who reaches {} can announce itself for any host and get its requests: list the "
      "nodes with subscriptions-from, or use subscriptions-sign-check ***",
      address);
}

std::string stats_enabled(const std::string& address, int fd) {
  return fmt::format("*** Stats server enabled on {} fd: {} ***", address, fd);
}

std::string cannot_bind(const std::string& address, bool in_use, const std::string& reason) {
  if (!in_use) return fmt::format("bind(): {} ({})", reason, address);
  return fmt::format(
      "probably another instance of uWSGI is running on the same address ({}).\nbind(): {}",
      address, reason);
}

std::string udp_node_added(const std::string& address, const std::string& cache) {
  return fmt::format("added udp node {} for cache \"{}\"", address, cache);
}

std::string udp_servers_enabled(const std::string& cache) {
  return fmt::format("udp server thread enabled for cache \"{}\"", cache);
}

std::string udp_server_running(const std::string& address, const std::string& cache) {
  return fmt::format("*** udp server for cache \"{}\" running on {} ***", cache, address);
}

std::string group_joined(const std::string& address) {
  return fmt::format("[uwsgi-mcast] joining multicast group: {}", address);
}

std::string cannot_bind_udp(const std::string& address, const std::string& reason) {
  return fmt::format("{}\n[cache-udp-server] cannot bind to {}", reason, address);
}

std::string cannot_bind_repeater(const std::string& address, const std::string& reason) {
  return fmt::format("{}\n[udprepeater] cannot bind to {}", reason, address);
}

std::string copying_from(const std::string& address) {
  return fmt::format("[cache-sync] getting cache dump from {} ...", address);
}

std::string items_restored(std::uint64_t count) {
  return fmt::format("[uwsgi-cache] restored {} items", count);
}

std::string no_copy(const std::string& cache, std::uint64_t taken) {
  return fmt::format(
      "*** WARNING: no neighbour gave a whole copy of cache \"{}\": it begins with {} ***", cache,
      taken == 0 ? "nothing" : "a part of it");
}

std::string cache_server_enabled(const std::string& address, int fd) {
  return fmt::format("*** Cache server enabled on {} fd: {} ***", address, fd);
}

std::string cache_server_reachable(const std::string& address) {
  return fmt::format(
      "*** WARNING: who reaches {} can read the sessions of all caches with their "
      "secrets, and plant some: let only the other nodes reach it ***",
      address);
}

std::string told_in_the_clear(const std::string& cache) {
  return fmt::format(
      "*** WARNING: changes of cache \"{}\" go to other hosts in the clear, with all secrets of "
      "its "
      "sessions: seal them (cache-udp-secret, or secret= of cache2), or keep the network to the "
      "nodes ***",
      cache);
}

std::string vacuum_socket(const std::string& path, bool stats) {
  return fmt::format("VACUUM: unix socket {}{} removed.", path, stats ? " (stats)" : "");
}

std::string pidfile_removed(const std::string& name) {
  return fmt::format("VACUUM: {} removed.", name);
}

std::string stopping_gracefully() {
  return now_as_text() + " - graceful shutdown triggered...";
}

std::string touched(const std::string& file, std::string_view what) {
  return fmt::format("{} - *** {} has been touched... {} !!! ***", now_as_text(), file, what);
}

std::string paused(bool on) {
  return fmt::format("{} - *** {} ***", now_as_text(),
                     on ? "PAUSE (press start to resume, if you do not have a joypad send SIGTSTP)"
                        : "(SIGTSTP received) resuming workers");
}

std::string log_reopening(std::uint64_t size) {
  return fmt::format("[{}] logsize: {}, triggering log-reopen...", unix_now(), size);
}

std::string log_rotating(std::uint64_t size, const std::string& new_name) {
  return fmt::format("{} - logsize: {}, triggering rotation to {}...", now_as_text(), size,
                     new_name);
}

std::string log_reopened(const std::string& path) {
  return fmt::format("[{}] {} reopened.", unix_now(), path);
}

std::string fifo_selected(const std::string& path) {
  return fmt::format("{} - active master fifo is now {}", now_as_text(), path);
}

std::string no_such_order(char letter) {
  return fmt::format("master fifo: {:?} orders nothing here", letter);
}

}  // namespace reprise::compat
