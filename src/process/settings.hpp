#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/written.hpp"

namespace reprise::process {

// The process tree and its surroundings (spec/process/process-model.md).
struct Settings {
  bool die_on_term = false;
  bool vacuum = false;
  Written pidfile;    // written once the listeners are bound
  Written daemonize;  // log file, or empty: stay in the foreground
  Written log_file;   // logto
  Written uid;        // name or number; children only
  Written gid;
  Written chdir;
  std::string log_date;       // strftime format; empty: none
  int listen_backlog = 100;   // listen
  std::string listen_origin;  // where it was configured, for messages
  int socket_timeout = 4;     // seconds; TCP_DEFER_ACCEPT
  bool defer_accept = true;   // no-defer-accept
  bool reuse_port = false;
  bool freebind = false;
  std::chrono::seconds reload_mercy{60};  // worker-reload-mercy: how long old workers may drain
  std::vector<Written> touch_reload;      // files whose change asks for a reload
  bool auto_procname = false;
  std::string procname_prefix;
  std::string procname;
  std::string procname_master;
};

}  // namespace reprise::process
