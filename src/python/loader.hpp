#pragma once

#include <string>
#include <vector>

#include <pybind11/pybind11.h>

#include "application/settings.hpp"

namespace reprise::python {

namespace py = pybind11;

struct LoadedApp {
  std::string mountpoint;
  py::object callable;
};

// The application that is meant, or the several of a dictionary (spec/process/wsgi.md 1).
// `callable` is the default name. Throws py::error_already_set, or std::runtime_error for what is
// no application.
std::vector<LoadedApp> load_app(const application::AppSettings& app, const std::string& callable);

}  // namespace reprise::python
