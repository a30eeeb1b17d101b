#pragma once

#include "tlsload/options.hpp"

namespace reprise::bench {

// Runs what the options ask for, in three phases (see phases.hpp).
void run_scenario(const Options& options);

}  // namespace reprise::bench
