#include "python/loader.hpp"

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include <fmt/format.h>

#include "python/text.hpp"

namespace reprise::python {
namespace {

using application::AppSettings;

// "uwsgi_file_" and the path, with '_' for '/' and '.'.
std::string module_name(std::string path) {
  if (path.ends_with(".py")) path.resize(path.size() - 3);
  std::replace(path.begin(), path.end(), '/', '_');
  std::replace(path.begin(), path.end(), '.', '_');
  return "uwsgi_file_" + path;
}

py::object load_file(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) {
    throw std::runtime_error("failed to open python file " + path);
  }
  const std::string name = module_name(path);
  const py::object loader =
      py::module_::import("importlib.machinery").attr("SourceFileLoader")(name, path);
  const py::module_ util = py::module_::import("importlib.util");
  const py::object spec =
      util.attr("spec_from_file_location")(name, path, py::arg("loader") = loader);
  py::object module = util.attr("module_from_spec")(spec);
  py::module_::import("sys").attr("modules")[py::str(name)] = module;
  loader.attr("exec_module")(module);
  return module;
}

std::vector<LoadedApp> load_several(const py::dict& apps) {
  std::vector<LoadedApp> loaded;
  for (const auto& [mountpoint, callable] : apps)
    loaded.push_back({bytes_of(mountpoint), py::reinterpret_borrow<py::object>(callable)});
  return loaded;
}

// "name", or "name()": what a call of it gives.
py::object find_callable(const py::object& module, std::string name, const std::string& where) {
  const bool call = name.ends_with("()");
  if (call) name.resize(name.size() - 2);
  py::object found = py::getattr(module, name.c_str(), py::none());
  if (found.is_none()) {
    throw std::runtime_error(fmt::format("unable to find \"{}\" callable in {}", name, where));
  }
  if (call) found = found();
  if (!py::isinstance<py::dict>(found) && PyCallable_Check(found.ptr()) == 0) {
    throw std::runtime_error(fmt::format("\"{}\" must be a callable object in {}", name, where));
  }
  return found;
}

}  // namespace

std::vector<LoadedApp> load_app(const AppSettings& app, const std::string& callable) {
  const bool is_file = app.kind == AppSettings::Kind::file;
  const py::object module =
      is_file ? load_file(app.target) : py::object(py::module_::import(app.target.c_str()));
  const std::string where = (is_file ? "file " : "module ") + app.target;
  if (!is_file && app.callable.empty()) {
    const py::object several = py::getattr(module, "applications", py::none());
    if (py::isinstance<py::dict>(several)) return load_several(several);
  }
  const py::object found =
      find_callable(module, app.callable.empty() ? callable : app.callable, where);
  if (py::isinstance<py::dict>(found)) return load_several(found);
  return {{app.mountpoint, found}};
}

}  // namespace reprise::python
