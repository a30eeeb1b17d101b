#pragma once

#include <string>

#include <pybind11/pybind11.h>

#include "application/host.hpp"

namespace reprise::python {

namespace py = pybind11;

// start_response, and the write that it gives (PEP 3333). Stricter than uWSGI: what would break the
// answer's syntax (CR, LF, names that are no tokens) is an error.
class StartResponse {
public:
  explicit StartResponse(application::Exchange& exchange) : exchange_(&exchange) {}
  void detach() { exchange_ = nullptr; }

  void start(py::handle status, py::handle headers, py::handle exc_info);
  void write(py::handle data);

private:
  application::Exchange& exchange() const;

  application::Exchange* exchange_;
  std::string fields_;
};

// Sends bytes with the GIL released. False: nobody reads them.
bool send(application::Exchange& exchange, std::string_view bytes);

void define_answer(py::module_& module);

}  // namespace reprise::python
