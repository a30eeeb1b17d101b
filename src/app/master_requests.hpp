#pragma once

#include <sys/types.h>

#include "application/host.hpp"
#include "shm/counter.hpp"
#include "shm/rows.hpp"

namespace reprise::app {

// What children want of the master. Who gave up root's rights may not signal a master that has
// them, so the wish stands in shared memory then, where the master looks every second.
class MasterRequests {
public:
  // In a child. False if the master is gone.
  bool ask(pid_t master, application::MasterRequest request) const;
  // In the master: what was asked for since the last call.
  application::MasterRequest take() const;

private:
  shm::Rows<shm::Counter> row_{"reprise-master-requests", 1};
};

}  // namespace reprise::app
