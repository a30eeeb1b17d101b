#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// uWSGI's lifecycle lines, to the byte: scripts and people grep for them
// (spec/process/process-model.md 2, 5, 6).
namespace reprise::compat {

// What the program tells of itself when it starts, one entry a line.
struct StartFacts {
  std::string binary_path;
  std::string working_directory;
  bool root_without_uid = false;
};
std::vector<std::string> banner(const StartFacts& facts);

// The lines between the listeners and the first child.
std::vector<std::string> before_children(long reload_mercy_seconds, std::string_view mode);

std::string master_spawned(long pid, bool after_reload);
std::string gateway_spawned(const std::string& name, long pid, bool again);
std::string gateway_buried(const std::string& name, long pid);
// `router` is "http" or "rawrouter".
std::string router_bound(std::string_view router, const std::string& address, int fd);
std::string shared_socket_bound(std::size_t index, const std::string& address, int fd);
std::string router_stats_enabled(std::string_view router, const std::string& address, int fd);
// Ours: `reason` is the system's text.
std::string cannot_bind_repeater(const std::string& address, const std::string& reason);
std::string subscription_server_bound(std::string_view router, const std::string& address, int fd);
std::string subscriptions_are_open(const std::string& address);  // ours, a warning
std::string stats_enabled(const std::string& address, int fd);
// A listener that cannot be bound; `reason` is the system's text.
std::string cannot_bind(const std::string& address, bool in_use, const std::string& reason);
// A cache's peers (spec/cache/cache.md 1.3).
std::string udp_node_added(const std::string& address, const std::string& cache);
std::string udp_servers_enabled(const std::string& cache);
std::string udp_server_running(const std::string& address, const std::string& cache);
std::string group_joined(const std::string& address);
std::string cannot_bind_udp(const std::string& address, const std::string& reason);
// The copy that a cache begins with (spec/cache/udp-protocol.md 8), and where others get theirs.
std::string copying_from(const std::string& address);
std::string items_restored(std::uint64_t count);
std::string no_copy(const std::string& cache, std::uint64_t taken);    // ours
std::string cache_server_enabled(const std::string& address, int fd);  // ours
std::string cache_server_reachable(const std::string& address);        // ours, a warning
std::string told_in_the_clear(const std::string& cache);               // the same
std::string vacuum_socket(const std::string& path, bool stats);

inline constexpr char stopping[] = "SIGINT/SIGTERM received...killing workers...";
std::string stopping_gracefully();
// `what` follows: "grace them all", "workers reload", "chain reload".
std::string touched(const std::string& file, std::string_view what);
std::string paused(bool on);
// Of the log file; the first two are written to the one that was.
std::string log_reopening(std::uint64_t size);
std::string log_rotating(std::uint64_t size, const std::string& new_name);
std::string log_reopened(const std::string& path);
inline constexpr char daemonizing[] = "*** daemonizing uWSGI ***";
inline constexpr char no_log_file[] = "there is no log file that could be reopened";  // ours
inline constexpr char no_workers[] = "there are no application workers to reload";    // ours
std::string fifo_selected(const std::string& path);
std::string no_such_order(char letter);  // ours
inline constexpr char goodbye[] = "goodbye to uWSGI.";
inline constexpr char reloading_gracefully[] = "...gracefully killing workers...";
inline constexpr char reloading_brutally[] = "...brutally killing workers...";
inline constexpr char binary_reloading[] = "binary reloading uWSGI...";
inline constexpr char sweeper_enabled[] = "cache sweeper thread enabled";
inline constexpr char copy_unreachable[] = "[cache-sync] unable to connect to the cache server";
inline constexpr char copy_unreadable[] = "[cache-sync] unable to read from the cache server";
inline constexpr char copy_broken[] =  // ours
    "[cache-sync] what the cache server sent is no copy, or not a whole one";
inline constexpr char copy_next_neighbour[] = "[cache-sync] trying with the next sync node...";
inline constexpr char serving_without_copies[] =  // ours
    "*** WARNING: serving begins before the copies of all caches have come ***";
std::string pidfile_removed(const std::string& name);  // "pidfile"

}  // namespace reprise::compat
