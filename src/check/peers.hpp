#pragma once

#include <vector>

#include "check/report.hpp"

namespace reprise::check {

// Nodes that were checked together and tell each other of their sessions: whether these would
// resume there, and whether both sides tell. Findings go to their reports.
void compare_peers(std::vector<Report>& reports);

}  // namespace reprise::check
