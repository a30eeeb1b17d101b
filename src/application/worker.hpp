#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "application/host.hpp"
#include "application/scoreboard.hpp"
#include "application/served_request.hpp"
#include "application/settings.hpp"
#include "application/static_files.hpp"
#include "base/unique_fd.hpp"

namespace reprise::application {

// A listening socket, bound before the fork.
struct Socket {
  int fd = -1;
  Protocol protocol = Protocol::uwsgi;
  std::string address;   // as written
  bool is_ours = false;  // only for processes of this user
};

// What the processes of the applications work with; everything outlives them.
struct Environment {
  const Settings& settings;
  const Scoreboard& scoreboard;
  std::vector<Socket> sockets;
  std::string host_name;
  std::chrono::milliseconds socket_timeout{4000};
  std::chrono::seconds mercy{60};  // for a worker that has served enough to finish what runs
  // Called after each request that is to leave a line; from any thread.
  std::function<void(const RequestFacts&)> log_request;
  const StaticFiles* files = nullptr;  // null: there are none
  // Whether nothing is to be accepted, asked at the start and at process::look_signal; and, of a
  // worker, that it changed. Either may be missing.
  std::function<bool()> paused = {};
  std::function<void(unsigned worker, bool paused)> pause_changed = {};
};

// One worker process: one request at a time and thread, each over a connection of its own.
class Worker {
public:
  // `index` counts from 0.
  Worker(const Environment& environment, Host& host, unsigned index);

  // Until SIGTERM or SIGINT, SIGQUIT or SIGHUP, or until it has served as many requests as it may;
  // what has begun is finished. Returns the exit status.
  int run();

private:
  class Thread;

  bool is_paused() const { return environment_.paused && environment_.paused(); }

  void note(RequestFacts& facts, unsigned exceptions);
  bool has_served_enough() const;
  void end_soon();
  void run_thread(unsigned id);
  void fail(const char* reason);

  const Environment& environment_;
  Host& host_;
  const unsigned index_;
  WorkerRow& row_;
  std::chrono::steady_clock::time_point begun_;
  UniqueFd ending_;   // readable: no further request is to be taken
  UniqueFd looking_;  // an edge of it: the master has said something
  std::atomic<bool> failed_{false};
};

}  // namespace reprise::application
