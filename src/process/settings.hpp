#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/written.hpp"
#include "process/control.hpp"

namespace reprise::process {

// Where lines go. Each of the four names a file, or "host:port" for a datagram a line.
struct LogSettings {
  Written daemonize;      // in the background, from the start
  Written daemonize2;     // the same once everything is bound and loaded
  Written file;           // logto
  Written file2;          // logto2: from behind the start's first lines on, of the children's user
  bool truncate = false;  // log-truncate, at the first start
  bool reopen = false;    // log-reopen: a line says that a reload does so
  std::optional<mode_t> mode;  // logfile-chmod
  bool owned = false;          // logfile-chown: by the children's user
  std::uint64_t max_size = 0;  // log-maxsize, bytes; 0: any
  std::string backup_name;     // log-backupname; empty: the name and the time

  std::array<const Written*, 4> targets() const { return {&file, &file2, &daemonize, &daemonize2}; }
  // Where they go in the end.
  const Written& last() const {
    if (!daemonize2.empty()) return daemonize2;
    if (!file2.empty()) return file2;
    return daemonize.empty() ? file : daemonize;
  }
};

// Whether lines to this target go by datagrams, as uWSGI has it, whatever else the name looks like.
inline bool is_address(const Written& log_target) {
  return log_target.text.find(':') != std::string::npos;
}

// The process tree and its surroundings (spec/process/process-model.md).
struct Settings {
  bool die_on_term = false;
  bool vacuum = false;
  struct Pidfile {
    Written path;
    const char* name;  // what the messages call it
  };
  std::vector<Pidfile> pidfiles;  // written once the listeners are bound
  std::vector<Written> fifos;     // that take orders; the first is listened to
  struct Touched {
    Written path;
    Order order;
  };
  std::vector<Touched> touches;
  LogSettings log;
  Written uid;  // name or number; children only
  Written gid;
  std::vector<Written> more_gids;  // add-gid
  bool users_groups = true;        // no-initgroups: false
  Written chdir;
  std::string log_date;       // strftime format; empty: none
  int listen_backlog = 100;   // listen
  std::string listen_origin;  // where it was configured, for messages
  int socket_timeout = 4;     // seconds; TCP_DEFER_ACCEPT
  bool defer_accept = true;   // no-defer-accept
  bool reuse_port = false;
  bool freebind = false;
  bool keepalive = false;             // so-keepalive
  int send_buffer = 0;                // socket-sndbuf, bytes; 0: the system's choice
  int receive_buffer = 0;             // socket-rcvbuf
  int fast_open = 0;                  // tcp-fast-open, length of the queue; 0: off
  std::optional<mode_t> socket_mode;  // chmod-socket, of unix sockets
  Written socket_owner;               // chown-socket: user, or user:group
  std::optional<mode_t> umask;
  struct SharedSocket {
    Written address;
    bool deferred = true;  // undeferred-shared-socket: false
  };
  std::vector<SharedSocket> shared_sockets;  // that `=N` stands for
  std::chrono::seconds reload_mercy{60};     // worker-reload-mercy: how long old workers may drain
  bool auto_procname = false;
  std::string procname_prefix;
  std::string procname_append;
  std::string procname;
  std::string procname_master;
};

}  // namespace reprise::process
