#pragma once

#include "shm/counter.hpp"

namespace reprise::router {

// What a raw router's worker has done, one row a worker in shared memory. A connection that ends
// otherwise than orderly is counted once, by the reason.
struct RawCounters {
  shm::Counter accepted;
  shm::Counter accept_failed;    // out of descriptors, mostly
  shm::Counter active_sessions;  // a gauge
  shm::Counter bytes_in;         // from clients to nodes
  shm::Counter bytes_out;        // from nodes to clients
  shm::Counter no_node;          // no node was left to try
  shm::Counter connect_failed;   // those that were tried could not be reached
  shm::Counter greeting_failed;  // a node's banner was none, or it ended there
  shm::Counter timed_out;        // nothing moved for too long
  shm::Counter client_failed;    // reset, mostly
  shm::Counter node_failed;      // reset, mostly
};

// The same of one node, as one worker sees it.
struct RawNodeCounters {
  shm::Counter connections;  // that were made
  shm::Counter active;       // a gauge
  shm::Counter failed;       // attempts to connect
  shm::Counter failed_at;    // when it was last left alone, seconds since 1970; 0: never
};

}  // namespace reprise::router
