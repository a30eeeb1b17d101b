#pragma once

#include <sys/types.h>

#include "process/privileges.hpp"

namespace reprise::process {

enum class Side { parent, child };

struct Forked {
  Side side = Side::parent;
  pid_t pid = 0;  // the child's, in the parent
};

// The only fork() of the program, called with one thread and no handler running. All signals are
// blocked around it; the parent gets its mask back. The child has default dispositions (but ignores
// SIGPIPE, SIGXFSZ, and what uWSGI's gateways do not react to: spec/process/process-model.md 5.3),
// an empty mask, has dropped to `identity`, and dies with its parent (PR_SET_PDEATHSIG, set after
// the drop because setuid clears it). Throws std::system_error in the parent if there can be no
// child; a child that cannot drop its rights ends with status 1.
Forked fork_child(const Identity& identity);

// For daemonize: a plain fork whose two sides both go on, signals and rights untouched.
Forked fork_detached();

}  // namespace reprise::process
