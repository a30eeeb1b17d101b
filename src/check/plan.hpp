#pragma once

#include <vector>

#include "check/report.hpp"
#include "config/config.hpp"

namespace reprise::check {

// What a configuration would make, in an operator's words.
std::vector<PlanItem> plan_of(const config::Config& config);

}  // namespace reprise::check
