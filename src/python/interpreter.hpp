#pragma once

#include <string>

#include "application/settings.hpp"

namespace reprise::python {

// Starts Python as the settings have it (spec/process/wsgi.md 1.8). `binary` is this program.
// Throws std::runtime_error.
void start_interpreter(const application::PythonSettings& settings, const std::string& binary);

}  // namespace reprise::python
