#pragma once

#include <memory>
#include <string>

#include "application/host.hpp"

namespace reprise::application {

// Where the module of Python applications is: beside the program, or where it is installed. Throws
// std::runtime_error, which says what is missing.
std::string find_python_module();

// Loads it into this process, for good. Throws std::runtime_error.
std::unique_ptr<Host> load_host(const std::string& file, const Settings& settings,
                                Services& services);

}  // namespace reprise::application
