#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include <pybind11/pybind11.h>

#include "application/host.hpp"

namespace reprise::python {

namespace py = pybind11;

// start_response, and the write that it gives (PEP 3333). Stricter than uWSGI: what would break the
// answer's syntax (CR, LF, names that are no tokens) is an error.
class StartResponse {
public:
  explicit StartResponse(application::Exchange& exchange) : exchange_(&exchange) {}
  // After the request. A thread that is in a write of it finishes that before.
  void detach();

  void start(py::handle status, py::handle headers, py::handle exc_info);
  void write(py::handle data);
  // False: nobody reads it.
  bool send(std::string_view bytes);

private:
  application::Exchange& exchange() const;

  application::Exchange* exchange_;
  std::recursive_mutex mutex_;
  std::string fields_;
};

void define_answer(py::module_& module);

}  // namespace reprise::python
