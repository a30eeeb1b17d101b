#pragma once

#include "shm/counter.hpp"
#include "shm/region.hpp"

namespace reprise::sync {

// What clients asked of the caches over TCP. Written by the keeper alone.
struct ServiceCounters {
  shm::Counter connections;
  shm::Counter active;
  shm::Counter cut;        // too many, too slow, or silent
  shm::Counter malformed;  // not understood
  // Who asked for a copy of a sealed cache by a secret that no cache has, or does not have it.
  shm::Counter other_key;
  shm::Counter forged;
  shm::Counter commands;    // understood, copies and dumps among them
  shm::Counter copies;      // begun, in our own form or sealed
  shm::Counter dumps;       // begun, in uWSGI's
  shm::Counter busy;        // dumps and sealed copies not begun: too many at a time
  shm::Counter items_sent;  // in copies and dumps
  shm::Counter bytes_sent;
  shm::Counter withheld;  // items that are not for other hosts
  shm::Counter left_out;  // items too large for the form that was asked for
};

// The same in memory that all processes see; made before the fork, begins at zero.
class ServiceLedger {
public:
  // Throws std::system_error if there is no memory.
  ServiceLedger();
  ServiceCounters& counters() const { return *counters_; }

private:
  shm::Region region_;
  ServiceCounters* counters_;
};

}  // namespace reprise::sync
