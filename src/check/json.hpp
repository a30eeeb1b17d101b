#pragma once

#include <string>
#include <vector>

#include "check/report.hpp"

namespace reprise::check {

// For scripts: one JSON object, and a newline. compat/README.md has its form, which grows and never
// changes.
std::string as_json(const std::vector<Report>& reports);

}  // namespace reprise::check
