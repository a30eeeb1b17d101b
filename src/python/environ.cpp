#include "python/environ.hpp"

#include <strings.h>
#include <unistd.h>

#include <algorithm>

#include "python/text.hpp"

namespace reprise::python {
namespace {

py::str interned(const char* text) {
  return py::reinterpret_steal<py::str>(PyUnicode_InternFromString(text));
}

bool is_on(std::string_view text) {
  return text == "1" || (text.size() == 2 && ::strncasecmp(text.data(), "on", 2) == 0);
}

std::string host_name() {
  char name[256] = "";
  if (::gethostname(name, sizeof name - 1) != 0) return "localhost";
  return name;
}

// A client's word can raise the scheme behind a proxy, but not lower a real connection's.
bool is_https(const application::Exchange& exchange) {
  return is_on(exchange.variable("HTTPS")) ||
         exchange.variable("HTTP_X_FORWARDED_PROTO") == "https" ||
         is_on(exchange.variable("HTTP_X_FORWARDED_SSL"));
}

void set(const py::dict& dict, const py::object& key, const py::object& value) {
  if (PyDict_SetItem(dict.ptr(), key.ptr(), value.ptr()) != 0) throw py::error_already_set();
}

std::optional<std::size_t> app_at(const std::vector<App>& apps, std::string_view mountpoint) {
  for (std::size_t i = 0; i < apps.size(); ++i) {
    if (apps[i].mountpoint == mountpoint) return i;
  }
  return std::nullopt;
}

bool is_below(std::string_view path, std::string_view mountpoint) {
  if (mountpoint == "/") mountpoint = {};
  return path.starts_with(mountpoint) &&
         (path.size() == mountpoint.size() || path[mountpoint.size()] == '/');
}

std::optional<Choice> choose_by_path(const std::vector<App>& apps, std::string_view path) {
  std::optional<Choice> best;
  for (std::size_t i = 0; i < apps.size(); ++i) {
    const std::string_view mountpoint = apps[i].mountpoint;
    if (mountpoint.empty() || !is_below(path, mountpoint)) continue;
    if (best && apps[best->app].mountpoint.size() >= mountpoint.size()) continue;
    const std::string_view script = mountpoint == "/" ? std::string_view() : mountpoint;
    best = Choice{i, true, script, path.substr(script.size())};
  }
  return best;
}

}  // namespace

std::optional<Choice> choose(const std::vector<App>& apps, const application::Settings& settings,
                             const application::Exchange& exchange) {
  if (apps.empty()) return std::nullopt;
  if (apps.size() > 1 || settings.manage_script_name) {
    for (const char* name : {"UWSGI_APPID", "SCRIPT_NAME"}) {
      const std::string_view named = exchange.variable(name);
      if (named.empty()) continue;
      if (const auto app = app_at(apps, named)) return Choice{*app, false, {}, {}};
    }
  }
  const std::string_view path = exchange.variable("PATH_INFO");
  if (settings.manage_script_name) {
    if (const auto found = choose_by_path(apps, path)) return found;
  }
  if (!settings.default_app) return std::nullopt;
  return Choice{0, settings.manage_script_name, {}, path};
}

EnvironMaker::EnvironMaker(const PythonHost& host)
    : input_key_(interned("wsgi.input")),
      scheme_key_(interned("wsgi.url_scheme")),
      http_(interned("http")),
      https_(interned("https")) {
  const application::Settings& settings = host.settings();
  const auto before = [this](const char* key, py::object value) {
    before_scheme_.push_back({interned(key), std::move(value)});
  };
  const auto after = [this](const char* key, py::object value) {
    after_scheme_.push_back({interned(key), std::move(value)});
  };
  if (settings.python.file_wrapper) {
    before("wsgi.file_wrapper", py::module_::import("uwsgi").attr("FileWrapper"));
  }
  before("wsgi.version", py::make_tuple(1, 0));
  before("wsgi.errors", py::module_::import("sys").attr("stderr"));
  before("wsgi.run_once", py::bool_(false));
  before("wsgi.multithread", py::bool_(settings.threads > 1));
  before("wsgi.multiprocess", py::bool_(settings.processes > 1));
  after("uwsgi.version", py::bytes(host.services().version()));
  if (settings.threads > 1) after("uwsgi.core", py::int_(PythonHost::core));
  after("uwsgi.node", py::bytes(host_name()));
}

py::dict EnvironMaker::make(const application::Exchange& exchange, const Choice& choice,
                            const py::object& input) const {
  py::dict environ;
  for (const auto& [name, value] : exchange.variables()) {
    if (choice.names_script && name == "SCRIPT_NAME") continue;
    const bool path = choice.names_script && name == "PATH_INFO";
    set(environ, latin1(name), latin1(path ? choice.path_info : value));
  }
  if (choice.names_script) set(environ, interned("SCRIPT_NAME"), latin1(choice.script_name));
  set(environ, input_key_, input);
  if (exchange.body_is_chunked()) set(environ, interned("wsgi.input_terminated"), py::bool_(true));
  for (const Item& item : before_scheme_)
    set(environ, item.key, item.value);
  const std::string_view scheme = exchange.variable("UWSGI_SCHEME");
  if (!scheme.empty()) {
    set(environ, scheme_key_, latin1(scheme));
  } else {
    set(environ, scheme_key_, is_https(exchange) ? https_ : http_);
  }
  for (const Item& item : after_scheme_)
    set(environ, item.key, item.value);
  return environ;
}

}  // namespace reprise::python
