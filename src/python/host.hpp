#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <pybind11/embed.h>

#include "application/host.hpp"

namespace reprise::python {

namespace py = pybind11;

// One application, loaded.
struct App {
  std::string mountpoint;
  py::object callable;
};

// Python's side of the program: one interpreter with all applications in it. Everything but its
// constructor and load() is called in workers, and with the GIL unless it says otherwise.
class PythonHost final : public application::Host {
public:
  // Starts the interpreter. Throws std::runtime_error.
  PythonHost(const application::Settings& settings, application::Services& services);
  PythonHost(const PythonHost&) = delete;
  PythonHost& operator=(const PythonHost&) = delete;

  // The one of this process.
  static PythonHost& current();

  std::size_t load() override;
  void before_fork() override;
  void after_fork_in_parent() override;
  void after_fork_in_worker(unsigned worker) override;
  std::unique_ptr<application::Core> make_core(unsigned id) override;
  void end() override;

  const application::Settings& settings() const { return settings_; }
  application::Services& services() const { return services_; }
  const std::vector<App>& apps() const { return apps_; }

  // Writes an exception with its traceback to the log, in one piece.
  void log_exception(const py::error_already_set& error) const;

  // Of the request that this thread is serving; null outside of one.
  static thread_local application::Exchange* exchange;
  static thread_local unsigned core;

private:
  void add_app(const application::AppSettings& app);
  void add_loaded(const std::string& mountpoint, py::object callable, std::uint64_t seconds);

  const application::Settings& settings_;
  application::Services& services_;
  std::vector<App> apps_;
};

// The exception as Python prints it, without the line end.
std::string describe(const py::error_already_set& error);

}  // namespace reprise::python
