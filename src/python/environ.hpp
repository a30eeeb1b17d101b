#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pybind11/pybind11.h>

#include "application/host.hpp"
#include "python/host.hpp"

namespace reprise::python {

namespace py = pybind11;

// Which application answers, and what of the path is its mount point.
struct Choice {
  std::size_t app = 0;
  bool names_script = false;  // SCRIPT_NAME and PATH_INFO are to be set
  std::string_view script_name;
  std::string_view path_info;
};

// Nothing: there is none for this path. Variables never make anything be loaded
// (spec/process/wsgi.md 1.4, 2.6).
std::optional<Choice> choose(const std::vector<App>& apps, const application::Settings& settings,
                             const application::Exchange& exchange);

// What is the same in each environ.
class EnvironMaker {
public:
  // With the GIL.
  explicit EnvironMaker(const PythonHost& host);

  // A dict of its own for each request, its keys in uWSGI's order (spec/process/wsgi.md 2).
  py::dict make(const application::Exchange& exchange, const Choice& choice,
                const py::object& input) const;

private:
  struct Item {
    py::object key;
    py::object value;
  };

  py::object input_key_;
  py::object scheme_key_;
  py::object http_, https_;
  std::vector<Item> before_scheme_;
  std::vector<Item> after_scheme_;
};

}  // namespace reprise::python
