// Applications and their workers (spec/process/wsgi.md 1, 11).
#include <algorithm>

#include "compat/builder.hpp"
#include "compat/options/registry.hpp"

namespace reprise::compat {
namespace {

using application::AppSettings;
using application::LogSettings;
using application::PythonSettings;
using application::Settings;

constexpr int max_workers = 1024;
constexpr int max_threads = 1024;
constexpr int max_locks = 1024;

Settings& settings(Builder& b) {
  return b.config.application;
}

// "name" of "module:name"; a file has none.
AppSettings read_app(const std::string& text, AppSettings::Kind kind) {
  AppSettings app;
  app.kind = kind;
  const std::size_t colon = kind == AppSettings::Kind::file ? std::string::npos : text.rfind(':');
  app.target = text.substr(0, colon);
  if (colon != std::string::npos) app.callable = text.substr(colon + 1);
  return app;
}

void note_origin(Builder& b, const OptionUse& use) {
  if (settings(b).origin.empty()) settings(b).origin = use.place.describe_key("for this option");
}

// The last one of a kind counts. A module is loaded before a file, and both before mount points.
template <AppSettings::Kind kind>
void set_app(Builder& b, const OptionUse& use) {
  AppSettings app = read_app(use.text(), kind);
  if (app.target.empty()) b.fail(use, "no application", "module:callable, or a file, expected");
  app.origin = use.place.describe_key("for this application");
  note_origin(b, use);
  auto& apps = settings(b).apps;
  std::erase_if(apps, [](const AppSettings& other) {
    return other.kind == kind && other.mountpoint.empty();
  });
  const auto behind = std::find_if(apps.begin(), apps.end(), [](const AppSettings& other) {
    return !other.mountpoint.empty() || kind == AppSettings::Kind::module;
  });
  apps.insert(behind, std::move(app));
}

void add_mount(Builder& b, const OptionUse& use) {
  const std::string& text = use.text();
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    b.fail(use, "invalid mountpoint: " + text, "/path=module:callable, or /path=file.py, expected");
  }
  const std::string target = text.substr(equals + 1);
  const bool file = target.ends_with(".py") || target.ends_with(".wsgi");
  if (!file && target.find(':') == std::string::npos) {
    return b.warn(use,
                  "mount of a module without ':' has no effect, /path=module:callable expected");
  }
  AppSettings app = read_app(target, file ? AppSettings::Kind::file : AppSettings::Kind::module);
  app.mountpoint = text.substr(0, equals);
  app.origin = use.place.describe_key("for this application");
  note_origin(b, use);
  settings(b).apps.push_back(std::move(app));
}

void add_http_socket(Builder& b, const OptionUse& use) {
  b.address(use, use.text());
  note_origin(b, use);
  settings(b).sockets.push_back({b.written(use), application::Protocol::http});
}

void set_worker_directory(Builder& b, const OptionUse& use) {
  b.config.application.worker_directory = b.written(use);
}

template <bool Settings::*member, bool value = true>
void set_flag(Builder& b, const OptionUse& use) {
  settings(b).*member = b.flag(use) == value;
}

template <std::uint64_t Settings::*member>
void set_number(Builder& b, const OptionUse& use) {
  settings(b).*member = b.unsigned_number(use);
}

template <std::chrono::seconds Settings::*member>
void set_seconds(Builder& b, const OptionUse& use) {
  settings(b).*member = std::chrono::seconds(b.integer(use));
}

template <bool LogSettings::*member, bool value = true>
void set_log_flag(Builder& b, const OptionUse& use) {
  settings(b).log.*member = b.flag(use) == value;
}

void set_processes(Builder& b, const OptionUse& use) {
  settings(b).processes = std::max(1, b.integer_up_to(use, 0, max_workers));
}

void set_threads(Builder& b, const OptionUse& use) {
  settings(b).threads = std::max(1, b.integer_up_to(use, 0, max_threads));
}

void set_callable(Builder& b, const OptionUse& use) {
  settings(b).callable = use.text();
}

void set_format(Builder& b, const OptionUse& use) {
  settings(b).log.format = use.text();
}

void set_home(Builder& b, const OptionUse& use) {
  settings(b).python.home = b.written(use);
}

void add_path(Builder& b, const OptionUse& use) {
  settings(b).python.paths.push_back(use.text());
}

void add_import(Builder& b, const OptionUse& use) {
  settings(b).python.imports.push_back(use.text());
}

void set_executable(Builder& b, const OptionUse& use) {
  settings(b).python.executable = use.text();
}

void set_reload_period(Builder& b, const OptionUse& use) {
  settings(b).python.reload_period = std::chrono::seconds(b.integer(use));
}

void add_environment(Builder& b, const OptionUse& use) {
  if (use.text().find('=') == std::string::npos) {
    return b.warn(use, "env without '=' has no effect, NAME=VALUE expected");
  }
  settings(b).environment.push_back(use.text());
}

// Split at blanks.
void set_arguments(Builder& b, const OptionUse& use) {
  auto& arguments = settings(b).python.arguments;
  arguments.clear();
  const std::string& text = use.text();
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    if (end > begin) arguments.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
}

std::vector<Option> what_is_loaded() {
  constexpr auto full = Support::full;
  constexpr auto required = Argument::required;
  constexpr auto none = Argument::none;
  constexpr auto module = set_app<AppSettings::Kind::module>;
  constexpr auto file = set_app<AppSettings::Kind::file>;
  static constexpr char home[] = "the virtual environment, or prefix, of Python";
  static constexpr char path[] =
      "put this directory before the others that modules are looked for in";
  static constexpr char import[] = "import this module before the applications";
  static constexpr char reload[] =
      "look at the modules' files every so many seconds, reload on a change";
  return {
      {"module", required, full, "load this WSGI application: module:callable", module, nullptr,
       'w'},
      {"wsgi", required, full, "load this WSGI application: module:callable", module},
      {"wsgi-file", required, full, "load the WSGI application of this file", file},
      {"file", required, full, "load the WSGI application of this file", file},
      {"callable", required, full, "name of the application in its module", set_callable},
      {"mount", required, full, "load an application for a path: /path=module:callable", add_mount},
      {"manage-script-name", none, full, "choose the application by the beginning of the path",
       set_flag<&Settings::manage_script_name>},
      {"need-app", none, full, "end if there is no application", set_flag<&Settings::need_app>},
      {"no-default-app", none, full, "the first application does not answer for other paths",
       set_flag<&Settings::default_app, false>},
      {"pythonpath", required, full, path, add_path},
      {"python-path", required, full, path, add_path},
      {"pp", required, full, path, add_path},
      {"home", required, full, home, set_home, nullptr, 'H'},
      {"virtualenv", required, full, home, set_home},
      {"venv", required, full, home, set_home},
      {"pyhome", required, full, home, set_home},
      {"env", required, full, "set a variable of the environment: NAME=VALUE", add_environment},
      {"pyargv", required, full, "what stands in sys.argv behind its first", set_arguments},
      {"import", required, full, import, add_import},
      {"pyimport", required, full, import, add_import},
      {"py-import", required, full, import, add_import},
      {"python-import", required, full, import, add_import},
      {"py-sys-executable", required, full, "sys.executable", set_executable},
      {"py-executable", required, full, "sys.executable", set_executable},
      {"py-autoreload", required, full, reload, set_reload_period},
      {"py-auto-reload", required, full, reload, set_reload_period},
      {"python-autoreload", required, full, reload, set_reload_period},
      {"python-auto-reload", required, full, reload, set_reload_period},
      {"wsgi-disable-file-wrapper", none, full, "no wsgi.file_wrapper",
       [](Builder& b, const OptionUse& use) { settings(b).python.file_wrapper = !b.flag(use); }},
      {"catch-exceptions", none, full, "show exceptions of applications to their clients",
       [](Builder& b, const OptionUse& use) { settings(b).python.show_exceptions = b.flag(use); }},
  };
}

std::vector<Option> how_it_is_served() {
  constexpr auto full = Support::full;
  constexpr auto accepted = Support::accepted;
  constexpr auto required = Argument::required;
  constexpr auto none = Argument::none;
  static constexpr char format[] = "form of the line that a request leaves";
  return {
      {"http-socket", required, full, "answer HTTP requests here, by an application",
       add_http_socket},
      {"processes", required, full, "number of worker processes", set_processes, nullptr, 'p'},
      {"workers", required, full, "number of worker processes", set_processes},
      {"threads", required, full, "number of threads of each worker", set_threads},
      {"locks", required, full, "locks for uwsgi.lock, beside number 0",
       [](Builder& b, const OptionUse& use) {
         settings(b).locks = b.integer_up_to(use, 0, max_locks);
       }},
      {"chdir2", required, full, "the directory of workers, once applications are loaded",
       set_worker_directory},
      {"lazy-apps", none, full, "each worker loads the applications by itself",
       set_flag<&Settings::lazy>},
      {"lazy", none, full, "each worker loads the applications by itself",
       set_flag<&Settings::lazy>},
      {"harakiri", required, full, "longest time of a request, in seconds",
       set_seconds<&Settings::harakiri>, nullptr, 't'},
      {"max-requests", required, full, "replace a worker after so many requests",
       set_number<&Settings::max_requests>, nullptr, 'R'},
      {"min-worker-lifetime", required, full, "but not before so many seconds",
       set_seconds<&Settings::min_lifetime>},
      {"limit-post", required, full, "longest request body, in bytes",
       set_number<&Settings::limit_post>},
      {"post-buffering", required, full,
       "read bodies before the application runs; longer ones than this into a file",
       set_number<&Settings::post_buffering>},
      {"disable-logging", none, full, "no line for a request",
       set_log_flag<&LogSettings::all, false>, nullptr, 'L'},
      {"log-4xx", none, full, "but for those that were answered with a status of 4xx",
       set_log_flag<&LogSettings::client_errors>},
      {"log-5xx", none, full, "but for those that were answered with a status of 5xx",
       set_log_flag<&LogSettings::server_errors>},
      {"log-micros", none, full, "times of requests in microseconds",
       set_log_flag<&LogSettings::micros>},
      {"log-x-forwarded-for", none, full, "the client's address is that of X-Forwarded-For",
       set_log_flag<&LogSettings::forwarded_for>},
      {"log-format", required, full, format, set_format},
      {"logformat", required, full, format, set_format},
      {"enable-threads", none, accepted, "threads of applications always run", nullptr, nullptr,
       'T'},
      {"single-interpreter", none, accepted, "there is one interpreter for all applications",
       nullptr, nullptr, 'i'},
      {"buffer-size", required, accepted, "requests may have as many variables as fit a packet",
       nullptr, nullptr, 'b'},
      {"post-buffering-bufsize", required, accepted, "buffers have a size of their own"},
      {"wsgi-env-behaviour", required, accepted, "each request has an environ of its own"},
      {"wsgi-env-behavior", required, accepted, "each request has an environ of its own"},
  };
}

}  // namespace

std::vector<Option> application_options() {
  std::vector<Option> options = what_is_loaded();
  const std::vector<Option> more = how_it_is_served();
  options.insert(options.end(), more.begin(), more.end());
  return options;
}

}  // namespace reprise::compat
