#pragma once

#include "shm/counter.hpp"

namespace reprise::router {

// What a router worker has done, one row a worker in shared memory.
struct Counters {
  shm::Counter accepted;
  shm::Counter accept_failed;        // out of descriptors, mostly
  shm::Counter active_sessions;      // a gauge
  shm::Counter requests;
  shm::Counter bytes_in;             // of request bodies
  shm::Counter bytes_out;            // of responses
  shm::Counter bad_requests;         // answered 4xx by us
  shm::Counter upstream_failed;      // answered 502 by us
  shm::Counter upstream_timed_out;   // answered 504 by us
  shm::Counter truncated;            // an upstream ended inside its answer
  shm::Counter client_timed_out;
  shm::Counter client_closed;        // in the middle of an exchange
};

}  // namespace reprise::router
