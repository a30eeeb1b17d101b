#include "python/host.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "python/core.hpp"
#include "python/interpreter.hpp"
#include "python/loader.hpp"
#include "python/reloader.hpp"

namespace reprise::python {
namespace {

PythonHost* the_host = nullptr;

std::string first_line_of(const char* text) {
  std::string line(text);
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

}  // namespace

thread_local application::Exchange* PythonHost::exchange = nullptr;
thread_local unsigned PythonHost::core = 0;

PythonHost& PythonHost::current() {
  return *the_host;
}

PythonHost::PythonHost(const application::Settings& settings, application::Services& services)
    : settings_(settings), services_(services) {
  the_host = this;
  services.log(fmt::format("Python version: {}", first_line_of(Py_GetVersion())));
  start_interpreter(settings.python, services.binary());
  services.log(fmt::format("Python main interpreter initialized at {}",
                           static_cast<const void*>(PyInterpreterState_Main())));
}

void PythonHost::log_exception(const py::error_already_set& error) const {
  services_.log(describe(error));
}

std::size_t PythonHost::load() {
  for (const std::string& name : settings_.python.imports) {
    try {
      py::module_::import(name.c_str());
    } catch (const py::error_already_set& error) {
      log_exception(error);
    }
  }
  for (const application::AppSettings& app : settings_.apps)
    add_app(app);
  return apps_.size();
}

void PythonHost::add_app(const application::AppSettings& app) {
  const std::size_t id = apps_.size();
  const auto same = [&](const App& other) { return other.mountpoint == app.mountpoint; };
  if (std::any_of(apps_.begin(), apps_.end(), same)) {
    services_.log(fmt::format("mountpoint {} already configured. skip.", app.mountpoint));
    return;
  }
  const auto begun = std::chrono::steady_clock::now();
  try {
    const auto loaded = load_app(app, settings_.callable);
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - begun);
    for (const LoadedApp& each : loaded)
      add_loaded(each.mountpoint, each.callable, static_cast<std::uint64_t>(seconds.count()));
    return;
  } catch (const py::error_already_set& error) {
    log_exception(error);
  } catch (const std::runtime_error& error) {
    services_.log(error.what());
  }
  services_.app_failed(id, app.mountpoint);
}

void PythonHost::add_loaded(const std::string& mountpoint, py::object callable,
                            std::uint64_t seconds) {
  if (apps_.size() == application::max_apps) {
    services_.log("too many applications");
    return;
  }
  const std::size_t id = apps_.size();
  apps_.push_back({mountpoint, std::move(callable)});
  services_.app_loaded(
      {id, mountpoint, seconds, PyInterpreterState_Main(), id == 0 && settings_.default_app});
}

void PythonHost::before_fork() {
  PyOS_BeforeFork();
}

void PythonHost::after_fork_in_parent() {
  PyOS_AfterFork_Parent();
}

void PythonHost::after_fork_in_worker(unsigned worker) {
  PyOS_AfterFork_Child();
  const py::object hook = py::getattr(py::module_::import("uwsgi"), "post_fork_hook", py::none());
  try {
    if (!hook.is_none()) hook();
    if (worker == 1 && settings_.python.reload_period.count() > 0) {
      start_reloader(settings_.python.reload_period);
    }
  } catch (const py::error_already_set& error) {
    log_exception(error);
  }
}

std::unique_ptr<application::Core> PythonHost::make_core(unsigned id) {
  return std::make_unique<PythonCore>(*this, services_.worker(), id);
}

void PythonHost::end() {
  try {
    const py::object hook = py::getattr(py::module_::import("uwsgi"), "atexit", py::none());
    if (!hook.is_none()) hook();
    py::module_::import("atexit").attr("_run_exitfuncs")();
    py::module_::import("sys").attr("stdout").attr("flush")();
  } catch (const py::error_already_set& error) {
    log_exception(error);
  }
}

}  // namespace reprise::python

extern "C" __attribute__((visibility("default"))) reprise::application::Host* reprise_make_host(
    const reprise::application::Settings& settings, reprise::application::Services& services) {
  return new reprise::python::PythonHost(settings, services);
}
