#pragma once

#include <array>

#include "protocol/status.hpp"
#include "shm/counter.hpp"

namespace reprise::router {

// How often each limit ended something.
struct LimitCounters {
  shm::Counter head_bytes;  // of a request head
  shm::Counter head_fields;
  shm::Counter head_time;
  shm::Counter body;  // bytes
  shm::Counter body_time;
  shm::Counter kept_bodies;    // bytes or files of all that a process keeps
  shm::Counter connections;    // of one address
  shm::Counter requests;       // of one connection: not a failure
  shm::Counter response_head;  // bytes
};

// Connections to backends. All but `opened` are of those that are kept (http-backend-keepalive).
struct BackendCounters {
  shm::Counter opened;
  shm::Counter kept;      // put aside behind an answer
  shm::Counter reused;    // for one more request
  shm::Counter stale;     // found closed, or had spoken unasked, when they were needed or idle
  shm::Counter repeated;  // requests sent again over a new connection: not a failure
};

// What a router worker has done, one row a worker in shared memory.
struct Counters {
  shm::Counter accepted;
  shm::Counter accept_failed;    // out of descriptors, mostly
  shm::Counter active_sessions;  // a gauge
  shm::Counter requests;
  shm::Counter bytes_in;            // of request bodies
  shm::Counter bytes_out;           // of responses
  shm::Counter bad_requests;        // answered 4xx by us
  shm::Counter upstream_failed;     // answered 502 by us
  shm::Counter upstream_timed_out;  // answered 504 by us
  shm::Counter truncated;           // an upstream ended inside its answer
  shm::Counter client_timed_out;
  shm::Counter client_closed;   // in the middle of an exchange
  shm::Counter fields_dropped;  // could have passed for others behind the uwsgi mapping
  shm::Counter proxy_refused;   // no, or a bad, PROXY header from who has to send one
  BackendCounters backends;
  LimitCounters limits;
  std::array<shm::Counter, protocol::own_answers.size()> answers;  // of ours, by status
};

}  // namespace reprise::router
