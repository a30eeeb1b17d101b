#pragma once

#include "python/answer.hpp"
#include "python/environ.hpp"
#include "python/host.hpp"

namespace reprise::python {

// One thread of a worker: it holds the GIL while an application runs, and not otherwise.
class PythonCore final : public application::Core {
public:
  PythonCore(const PythonHost& host, unsigned worker, unsigned id);
  PythonCore(const PythonCore&) = delete;
  PythonCore& operator=(const PythonCore&) = delete;
  ~PythonCore() override;

  void serve(application::Exchange& exchange) override;

private:
  void run(application::Exchange& exchange);
  void call(const App& app, const Choice& choice, application::Exchange& exchange);
  void iterate(application::Exchange& exchange, StartResponse& answer, const py::object& result);
  bool send_item(StartResponse& answer, py::handle item);
  bool send_file(application::Exchange& exchange, py::handle wrapper);
  void fail(application::Exchange& exchange, const py::error_already_set& error);

  const PythonHost& host_;
  const bool is_main_;
  PyThreadState* thread_;
  std::optional<EnvironMaker> environs_;
  py::object module_;  // uwsgi
};

}  // namespace reprise::python
