#pragma once

#include <string>
#include <vector>

#include "check/report.hpp"

namespace reprise::check {

// One configuration, as a start with these arguments (the program's name first) would read it, and
// everything that can be told of it without starting anything. The process is afterwards as before.
Report examine(const std::string& name, const std::vector<std::string>& arguments);

}  // namespace reprise::check
