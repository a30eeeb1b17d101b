#pragma once

#include "app/node.hpp"
#include "app/origin.hpp"
#include "app/passed_sockets.hpp"
#include "app/sources.hpp"
#include "process/master.hpp"

namespace reprise::app {

// Everything that a start does short of forking: whether a reload would succeed. An exit status.
int check_configuration(const Node& node, const PassedSockets& passed, const Sources& sources,
                        const Origin& origin);

// Returns only if the exec failed; the running service goes on then.
void exec_next(const Node& node, const PassedSockets& passed, const Sources& sources,
               const process::Master& master, const Origin& origin, bool brutal);

}  // namespace reprise::app
