#include "application/module_file.hpp"

#include <dlfcn.h>

#include <filesystem>
#include <stdexcept>

namespace reprise::application {
namespace {

constexpr char file_name[] = "reprise_python.so";

}  // namespace

std::string find_python_module() {
  std::error_code ignored;
  const auto directory = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
  for (const std::filesystem::path& place : {directory, directory.parent_path() / "lib" / "reprise",
                                             std::filesystem::path(REPRISE_LIBRARIES)}) {
    if (!place.is_absolute()) continue;  // never from where it was started
    const auto file = place / file_name;
    if (std::filesystem::is_regular_file(file, ignored)) return file.string();
  }
  throw std::runtime_error(
      std::string("the configuration has a Python application, but there is no ") + file_name +
      ": build Reprise with -DREPRISE_PYTHON=ON, which needs the packages python3-dev and "
      "pybind11-dev");
}

std::unique_ptr<Host> load_host(const std::string& file, const Settings& settings,
                                Services& services) {
  // For all: the modules of Python that are libraries look for its symbols.
  void* const library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_GLOBAL);
  if (library == nullptr) throw std::runtime_error(::dlerror());
  const auto make = reinterpret_cast<MakeHost>(::dlsym(library, make_host_symbol));
  if (make == nullptr) throw std::runtime_error(::dlerror());
  return std::unique_ptr<Host>(make(settings, services));
}

}  // namespace reprise::application
