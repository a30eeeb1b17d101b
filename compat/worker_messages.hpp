#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "application/scoreboard.hpp"

// uWSGI's lines about applications and their workers, to the byte (spec/process/process-model.md 4,
// 7; spec/process/wsgi.md 1.2). Workers count from 1.
namespace reprise::compat {

std::string app_ready(std::size_t id, std::string_view mountpoint, std::uint64_t seconds,
                      const void* interpreter, long pid, bool is_default);
std::string app_failed(std::size_t id, std::string_view mountpoint);
std::string socket_bound(std::size_t number, const std::string& address, int fd);
std::string worker_spawned(std::size_t worker, long pid, int cores, bool again);
// `signal`: 0 if it exited.
std::string worker_died(std::size_t worker, long pid, int signal);
std::string worker_without_app(std::size_t worker, long pid);
std::string worker_ended(std::size_t worker, long pid);
std::string worker_cheaped(std::size_t worker);
std::string worker_buried(std::size_t worker, std::uint64_t seconds);
std::string worker_paused(std::size_t worker, bool paused);
std::string chain_begins();
std::string chain_victim(std::size_t worker);
std::string chain_complete();
// `worker` counts from 0 here, as in the scoreboard.
std::vector<std::string> harakiri(const application::Scoreboard& scoreboard, std::size_t worker,
                                  long pid);

inline constexpr char no_app_loaded[] = "*** no app loaded. going in full dynamic mode ***";
inline constexpr char no_app_game_over[] = "*** no app loaded. GAME OVER ***";
std::string need_app_destroys();
std::string files_mapped(const std::string& path, const std::string& directory);
inline constexpr char no_file_types[] = "!!! no /etc/mime.types file found !!!";

// "*** Operational MODE: preforking+threaded ***"
std::string operational_mode(bool applications, int processes, int threads);

}  // namespace reprise::compat
