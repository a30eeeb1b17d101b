#pragma once

#include <string>

namespace reprise::app {

// `--connect-and-read`: prints on standard error what is sent to who connects to `address`, until
// its end or until nothing comes for four seconds, 64 MiB at most. Returns the exit status. Throws
// std::runtime_error and its kin.
int connect_and_read(const std::string& address);

}  // namespace reprise::app
