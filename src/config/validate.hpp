#pragma once

#include <string>
#include <vector>

#include "config/config.hpp"

namespace reprise::config {

// What is wrong with a configuration as a whole. Throws std::runtime_error, in uWSGI's words where
// it has some, for what cannot be served; returns what can, but hardly as it was meant.
// Throws std::runtime_error if there is nothing to listen at.
void check_listeners(const Config& config);

std::vector<std::string> validate(const Config& config);

}  // namespace reprise::config
