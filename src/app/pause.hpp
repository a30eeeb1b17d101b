#pragma once

#include "shm/counter.hpp"
#include "shm/rows.hpp"

namespace reprise::app {

// Whether the children are to accept nothing, in memory that they share with the master. It says so
// before it signals them, so one that has just begun need not have heard the signal.
class Pause {
public:
  bool is_on() const { return row_.row(0).get() != 0; }
  // The master. Returns whether it is on now.
  bool toggle() const {
    row_.row(0).set(is_on() ? 0 : 1);
    return is_on();
  }

private:
  shm::Rows<shm::Counter> row_{"reprise-pause", 1};
};

}  // namespace reprise::app
