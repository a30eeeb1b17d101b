#pragma once

#include "shm/counter.hpp"

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
