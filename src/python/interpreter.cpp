#include "python/interpreter.hpp"

#include <glob.h>

#include <filesystem>
#include <stdexcept>

#include <pybind11/embed.h>

namespace reprise::python {
namespace {

namespace py = pybind11;

// A PyConfig, cleared whatever happens.
class Configuration {
public:
  Configuration() { PyConfig_InitPythonConfig(&config); }
  Configuration(const Configuration&) = delete;
  Configuration& operator=(const Configuration&) = delete;
  ~Configuration() { PyConfig_Clear(&config); }

  void set(wchar_t** member, const std::string& text) {
    check(PyConfig_SetBytesString(&config, member, text.c_str()));
  }
  static void check(const PyStatus& status) {
    if (PyStatus_Exception(status) == 0) return;
    throw std::runtime_error(std::string("Python: ") +
                             (status.err_msg != nullptr ? status.err_msg : "cannot be started"));
  }

  PyConfig config;
};

void set_home(Configuration& configuration, const Written& home) {
  if (home.empty()) return;
  const std::filesystem::path directory(home.text);
  std::error_code ignored;
  if (!std::filesystem::is_directory(directory, ignored)) {
    throw std::runtime_error(
        with_origin("!!! Python Home is not a directory: " + home.text + " !!!", home.origin));
  }
  if (std::filesystem::exists(directory / "pyvenv.cfg", ignored)) {
    const auto absolute = std::filesystem::absolute(directory, ignored);
    configuration.set(&configuration.config.program_name, (absolute / "bin" / "python3").string());
  } else {
    configuration.set(&configuration.config.home, home.text);
  }
}

// As they are, or what they match.
std::vector<std::string> expand(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> paths;
  if (::glob(pattern.c_str(), GLOB_MARK, nullptr, &found) == 0) {
    for (std::size_t i = 0; i < found.gl_pathc; ++i)
      paths.emplace_back(found.gl_pathv[i]);
  } else {
    paths.push_back(pattern);
  }
  ::globfree(&found);
  return paths;
}

void set_paths(const std::vector<std::string>& paths) {
  const py::list path = py::module_::import("sys").attr("path");
  path.attr("insert")(0, "");
  path.attr("insert")(0, ".");
  for (const std::string& each : paths) {
    for (const std::string& one : expand(each))
      path.attr("insert")(0, one);
  }
}

// What applications print goes to the log, a line at a time.
void set_output() {
  const py::module_ sys = py::module_::import("sys");
  for (const char* name : {"stdout", "stderr"}) {
    sys.attr(name).attr("reconfigure")(py::arg("line_buffering") = true,
                                       py::arg("errors") = "backslashreplace");
  }
}

}  // namespace

void start_interpreter(const application::PythonSettings& settings, const std::string& binary) {
  Configuration configuration;
  PyConfig& config = configuration.config;
  config.install_signal_handlers = 0;
  config.parse_argv = 0;
  config.write_bytecode = 0;
  set_home(configuration, settings.home);
  std::vector<char*> arguments{const_cast<char*>("uwsgi")};
  for (const std::string& argument : settings.arguments)
    arguments.push_back(const_cast<char*>(argument.c_str()));
  Configuration::check(
      PyConfig_SetBytesArgv(&config, static_cast<Py_ssize_t>(arguments.size()), arguments.data()));
  Configuration::check(Py_InitializeFromConfig(&config));
  py::module_::import("sys").attr("executable") =
      settings.executable.empty() ? binary : settings.executable;
  set_paths(settings.paths);
  set_output();
}

}  // namespace reprise::python
