#pragma once

#include "compat/check_request.hpp"

namespace reprise::check {

// `--check`: examines what was asked for, prints the report to standard output, and returns the
// exit status.
int run(const compat::CheckRequest& request);

}  // namespace reprise::check
