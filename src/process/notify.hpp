#pragma once

#include <string_view>

namespace reprise::process {

// True under a service manager that waits for READY=1 ($NOTIFY_SOCKET, sd_notify(3)).
bool has_notify_socket();

// Tells the service manager `state` ("READY=1", "STATUS=…", "RELOADING=1", "STOPPING=1"). Does
// nothing without one; a manager that does not listen is no error of ours.
void notify(std::string_view state);

}  // namespace reprise::process
