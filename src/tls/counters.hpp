#pragma once

#include "shm/counter.hpp"
#include "tls/session_store.hpp"

namespace reprise::tls {

// How handshakes ended, one row a worker in shared memory. Every handshake ends in exactly one of
// full_*, resumed_* or failed_*.
struct Counters {
  shm::Counter full_tls_1_2;  // and older
  shm::Counter full_tls_1_3;
  shm::Counter resumed_tls_1_2;
  shm::Counter resumed_tls_1_3;

  // A session or ticket was offered and not resumed, by reason.
  shm::Counter miss_unknown;
  shm::Counter miss_expired;
  shm::Counter miss_other_context;
  shm::Counter miss_undecodable;
  shm::Counter miss_untrusted;  // from another node, and about who the client is
  shm::Counter miss_forged;     // in a sealed cluster: not an id of its nodes
  shm::Counter miss_erased;
  shm::Counter miss_evicted;    // where it was made
  shm::Counter miss_lost;       // on its way here, and its home did not answer
  shm::Counter miss_timed_out;  // another node was asked, and did not answer
  shm::Counter miss_refused;    // too many were asked for

  // Of those resumed from a store, how the session came to this node.
  shm::Counter hits[session_ways];

  // No connection came of it, by reason.
  shm::Counter failed_plain_http;  // an HTTP request on the TLS port
  shm::Counter failed_not_tls;     // garbage
  shm::Counter failed_timeout;
  shm::Counter failed_closed;       // the client went away
  shm::Counter failed_version;      // no common version
  shm::Counter failed_cipher;       // no common cipher suite or group
  shm::Counter failed_certificate;  // the client's certificate, or its absence
  shm::Counter failed_alert;        // the client sent a fatal alert
  shm::Counter failed_other;

  shm::Counter sessions_stored;   // new sessions in the store or sealed in a ticket
  shm::Counter sessions_refused;  // the store did not take them: too large, or it was full
};

}  // namespace reprise::tls
