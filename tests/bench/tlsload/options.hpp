#pragma once

#include <netinet/in.h>

#include <cstdint>

namespace reprise::bench {

enum class Scenario {
  full,       // full handshakes
  resumed,    // handshakes with sessions that were made before
  exchange,   // requests over connections that stay open
  request,    // a connection for each request
  websocket,  // messages that are sent back, over connections that stay open
  idle,       // connections that are opened, used once and held
  knock,      // TCP connections that say nothing
};

// How the client ends a connection.
enum class End { close_notify, fin, reset };

struct Options {
  sockaddr_in target;
  Scenario scenario;
  int tls_version;  // 0: what client and server agree on
  bool pinned;      // P-256 and AES-128-GCM; otherwise what OpenSSL offers unasked
  std::uint64_t operations;
  std::uint64_t concurrency;
  std::uint64_t warm_up;   // operations before the measured ones
  std::uint64_t sessions;  // how many are made for `resumed` and `request`; 0: full handshakes
  End seed_end;            // how the connections that made them ended
  bool upload;
  std::uint64_t bytes;  // of each body or message
  std::uint64_t burst;  // connections at once, and the pause after them
  std::uint64_t pause_milliseconds;
};

// Throws std::invalid_argument.
Options read_options(int argc, char** argv);

}  // namespace reprise::bench
