#pragma once

#include <string>
#include <vector>

#include "check/report.hpp"

namespace reprise::check {

// For people: per configuration its result, its plan, what is wrong with the lines and what to do,
// and what is different. With colours of a terminal, or without.
std::string as_text(const std::vector<Report>& reports, bool coloured);

}  // namespace reprise::check
