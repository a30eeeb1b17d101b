#pragma once

#include <chrono>

namespace reprise::python {

// A Python thread that looks at the files of all loaded modules every so often, and asks for a
// reload when one has changed (py-autoreload).
void start_reloader(std::chrono::seconds period);

}  // namespace reprise::python
