#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/written.hpp"

namespace reprise::application {

// What a socket that applications are asked at speaks.
enum class Protocol { uwsgi, http };

struct SocketSettings {
  Written address;
  Protocol protocol = Protocol::uwsgi;
};

// One application to load (spec/process/wsgi.md 1.1).
struct AppSettings {
  enum class Kind { module, file };
  Kind kind = Kind::module;
  std::string target;      // "package.module", or a file
  std::string callable;    // behind a module's ':'; empty: the default name
  std::string mountpoint;  // empty: of the default application
  std::string origin;      // where it was configured, for messages
};

// Python as it is set up before any application is loaded (spec/process/wsgi.md 1.8).
struct PythonSettings {
  Written home;                           // virtualenv, or empty
  std::vector<std::string> paths;         // pythonpath, in the order of the options; may be globs
  std::vector<std::string> arguments;     // pyargv: sys.argv behind its first
  std::vector<std::string> imports;       // modules to import before the applications
  std::string executable;                 // py-sys-executable
  bool file_wrapper = true;               // wsgi.file_wrapper
  bool show_exceptions = false;           // catch-exceptions: the client sees them
  std::chrono::seconds reload_period{0};  // py-autoreload; 0: off
};

// Which requests leave a line (spec/process/wsgi.md 9).
struct LogSettings {
  bool all = true;                    // disable-logging: only what the others say
  bool client_errors = false;         // log-4xx
  bool server_errors = false;         // log-5xx
  bool micros = false;                // log-micros
  bool forwarded_for = false;         // log-x-forwarded-for
  std::optional<std::string> format;  // log-format; nothing: uWSGI's usual line
};

// Fewer workers while there is little to do (spec/process/process-model.md 7).
struct CheaperSettings {
  int least = 0;                     // workers that always run; 0: all of them
  int initial = 0;                   // workers at the start, if that is more
  int step = 1;                      // workers started at a time
  std::chrono::seconds overload{3};  // all are busy for so long: more; some idle: fewer
};

// Files that are answered without an application (spec/process/wsgi.md 8).
struct StaticSettings {
  struct Mapping {
    std::string prefix;        // of the path
    std::string target;        // an absolute directory, or a file
    bool with_prefix = false;  // the prefix is part of the path below the target, too
  };
  std::vector<Mapping> mappings;         // static-map, static-map2
  std::vector<std::string> directories;  // check-static: tried with the whole path
  std::vector<std::string> indexes;      // static-index: of a directory
  std::vector<std::string> safe;         // static-safe: where links may lead, too
  std::vector<std::string> left_out;     // static-skip-ext: for the application
  std::vector<std::string> type_files;   // mimefile, beside /etc/mime.types

  bool wanted() const { return !mappings.empty() || !directories.empty(); }
};

// Applications, and the processes that answer for them (spec/process/wsgi.md).
struct Settings {
  std::string origin;  // where the first of them was configured, for messages
  std::vector<AppSettings> apps;
  std::vector<SocketSettings> sockets;
  std::string callable = "application";
  bool need_app = false;
  bool default_app = true;          // the first one answers for what no mount point matches
  bool manage_script_name = false;  // mount points are taken off PATH_INFO
  int processes = 1;
  int threads = 1;
  CheaperSettings cheaper;
  bool lazy = false;                 // loaded by each worker, not before the fork
  Written worker_directory;          // chdir2: theirs, once applications are loaded
  std::chrono::seconds harakiri{0};  // longest request; 0: any
  std::uint64_t max_requests = 0;    // of one worker process; 0: any number
  std::chrono::seconds min_lifetime{10};
  std::uint64_t limit_post = 0;      // longest request body, bytes; 0: any
  std::uint64_t post_buffering = 0;  // bodies up to it are read into memory before the application
                                     // runs, longer ones into a file; 0: read as it reads
  std::vector<std::string> environment;  // "NAME=VALUE"
  PythonSettings python;
  LogSettings log;
  StaticSettings files;
  int locks = 0;  // for uwsgi.lock, beside number 0
  // Every option as it was given, for the application to look at.
  std::vector<std::pair<std::string, std::optional<std::string>>> options;

  // False: the node is a router alone.
  bool wanted() const { return !apps.empty() || !sockets.empty() || files.wanted(); }
};

}  // namespace reprise::application
