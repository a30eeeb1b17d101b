#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace reprise::process {

// The process tree and its surroundings (spec/process/process-model.md).
struct Settings {
  bool die_on_term = false;
  bool vacuum = false;
  std::string pidfile;    // written once the listeners are bound
  std::string daemonize;  // log file, or empty: stay in the foreground
  std::string log_file;   // logto
  std::string uid;        // name or number; children only
  std::string gid;
  std::string chdir;
  std::string log_date;      // strftime format; empty: none
  int listen_backlog = 100;  // listen
  int socket_timeout = 4;    // seconds; TCP_DEFER_ACCEPT
  bool defer_accept = true;  // no-defer-accept
  bool reuse_port = false;
  bool freebind = false;
  std::chrono::seconds reload_mercy{60};  // worker-reload-mercy: how long old workers may drain
  bool auto_procname = false;
  std::string procname_prefix;
  std::string procname;
  std::string procname_master;
};

}  // namespace reprise::process
