#pragma once

#include <string>

#include "config/config.hpp"
#include "process/master.hpp"
#include "process/privileges.hpp"

namespace reprise::app {

// Whom the children run as. Throws std::runtime_error with the place in the configuration.
process::Identity identity_of(const process::Settings& settings);

process::Master::Options master_options(const config::Config& config,
                                        const process::Identity& identity);

// What ps shows, if the configuration wants titles; `role` is e.g. "uWSGI http 1".
void show_title(const process::Settings& settings, const std::string& role, bool master);

}  // namespace reprise::app
