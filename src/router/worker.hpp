#pragma once

#include <boost/intrusive/list_hook.hpp>

#include "net/deadline.hpp"
#include "protocol/http_head.hpp"
#include "router/address_quota.hpp"
#include "router/backends.hpp"
#include "router/body_spool.hpp"
#include "router/buffer_pool.hpp"
#include "router/http_router.hpp"
#include "router/kept_connections.hpp"
#include "router/prober.hpp"

namespace reprise::router {

// The times that bound a session, with the defaults worked out.
struct Timeouts {
  explicit Timeouts(const Settings& settings);

  std::chrono::milliseconds idle;       // without any progress while bytes are relayed
  std::chrono::milliseconds head;       // for a whole request head
  std::chrono::milliseconds body;       // for a whole request body; 0: as long as it makes progress
  std::chrono::milliseconds kept_body;  // the same of one that is kept; never 0
  std::chrono::milliseconds connect;    // and until the packet is sent
  std::chrono::milliseconds handshake;
  std::chrono::milliseconds keepalive;  // until the next request begins
  std::chrono::milliseconds linger;     // a client may go on sending after its answer
};

// What all sessions of one worker share. Outlives them.
struct Worker {
  // `sweep_interval`: see net::Deadlines.
  Worker(net::asio::io_context& io, const Environment& environment,
         std::chrono::milliseconds sweep_interval = std::chrono::milliseconds(250));

  net::asio::io_context& io;
  const Settings& settings;
  Counters& counters;
  tls::Counters& tls_counters;
  std::string host_name;
  Timeouts timeouts;
  net::Deadlines deadlines;
  BufferPool buffers;
  Backends backends;
  Prober prober;                             // of these
  Backends fallbacks;                        // take no turns
  KeptConnections kept;                      // to HTTP backends of all kinds
  const AccessLog* access_log;               // null: off
  HostLookup host_lookup;                    // or none
  std::size_t host_turn = 0;                 // of the nodes it finds
  const subscription::Directory* directory;  // null: no nodes announce themselves
  std::span<RawNodeCounters> node_counters;  // of each backend, or empty
  SpoolBudget kept_bodies;
  AddressQuota quota;          // connections of one address
  protocol::RequestHead head;  // of whoever is parsing; nobody keeps it while waiting
  log::RateLimit error_lines;
  bool draining = false;
};

}  // namespace reprise::router
