#pragma once

#include "app/purpose.hpp"
#include "process/handover.hpp"
#include "shm/counter.hpp"
#include "shm/region.hpp"

namespace reprise::app {

// Whether the children are to accept nothing, in memory that they share with the master, and with
// those of the generation before that still serve. It says so before it signals them, so one that
// has just begun need not have heard the signal. A reload ends a pause.
class Pause {
public:
  // Throws std::system_error.
  Pause(process::Handover& inherited, Purpose purpose);

  bool is_on() const { return flag().get() != 0; }
  // The master. Returns whether it is on now.
  bool toggle() const {
    flag().set(is_on() ? 0 : 1);
    return is_on();
  }

  void hand_over(process::Handover& handover) const;

private:
  shm::Counter& flag() const { return *reinterpret_cast<shm::Counter*>(region_.data()); }

  shm::Region region_;
};

}  // namespace reprise::app
