#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace reprise::stats {

// One moment of the whole process tree, as plain numbers. No JSON in here.

struct CacheSnapshot {
  std::string name;
  std::string hash;
  std::uint64_t hashsize = 0, keysize = 0, max_items = 0, blocks = 0, blocksize = 0;
  std::uint64_t items = 0, hits = 0, miss = 0, full = 0, last_modified_at = 0;
  std::uint64_t evicted = 0, expired = 0, repaired = 0;
  std::uint64_t used_bytes = 0, oldest_age = 0;  // seconds
  std::uint64_t longest_hold_us = 0, longest_repair_us = 0;
  std::string store;  // the file, or empty
};

struct Delay {  // microseconds that were enough for so many percent
  std::uint64_t count = 0, p50 = 0, p90 = 0, p99 = 0;
};

struct SyncSnapshot {  // one cache that has peers; see sync::Ledger
  using Reasons = std::vector<std::pair<std::string, std::uint64_t>>;  // in a fixed order
  struct Node {
    std::string address;
    std::uint64_t sent = 0, sent_bytes = 0, refused = 0, failed = 0;
  };
  struct Peer {
    std::string address;
    std::uint64_t received = 0, received_bytes = 0, applied = 0;
    std::optional<std::uint64_t> last_packet_ms;  // ago
    Reasons rejected;
  };
  struct Server {
    std::string address;
    std::uint64_t dropped = 0;  // by the kernel
  };
  struct Copy {  // that the cache began with; see sync::CopyCounters
    std::string state;
    std::string neighbour;  // the one that was asked last
    std::uint64_t attempts = 0, bytes = 0, taken = 0;
    Reasons rejected;
  };
  std::string cache;
  std::uint64_t hits_here = 0, hits_elsewhere = 0, too_large = 0;
  Reasons rejected;  // of all peers
  std::vector<Node> nodes;
  std::vector<Peer> peers;
  std::vector<Server> servers;
  std::optional<Copy> copy;
  struct Member {  // of a sealed cluster, that has proved to be there; see cluster::Peer
    std::string address, name, version;
    std::uint64_t node = 0, heard_ms = 0, items = 0, pushes = 0, missing = 0, keys = 0;
    std::int64_t clock_difference = 0;      // seconds; its clock less ours, as of its last hello
    std::uint64_t sent = 0;                 // pushes, as far as is known
    std::uint64_t keys_shared = 0;          // of this node's secrets, how many it opens
    std::optional<std::uint64_t> hello_ms;  // since its last hello
    std::optional<std::uint64_t> round_trip_us;  // smoothed, of pulls
  };
  struct Heard {  // its datagrams open, but it has not proved to be there
    std::string address, name;
    std::uint64_t heard_ms = 0;
  };
  struct Sealed {  // see cluster::Counters
    std::uint64_t node = 0, keys = 0;
    std::string name;
    std::string filling;  // how far this node is with taking what others have
    std::vector<std::pair<std::string, std::uint64_t>> counters;  // in a fixed order
    std::vector<std::pair<std::string, std::uint64_t>> pulls;     // how they ended; fixed order
    Delay push_delay, pull_delay;
    std::vector<Member> members;
    std::vector<Heard> heard;
  };
  std::optional<Sealed> sealed;
};

struct ServiceSnapshot {  // commands and copies over TCP; see sync::ServiceCounters
  std::vector<std::string> addresses;
  std::uint64_t connections = 0, active = 0, cut = 0, malformed = 0, commands = 0;
  std::uint64_t copies = 0, dumps = 0, busy = 0;
  std::uint64_t items_sent = 0, bytes_sent = 0, withheld = 0, left_out = 0;
  std::uint64_t other_key = 0, forged = 0;  // who asked for a copy of a sealed cache
};

struct StoreSnapshot {  // of sessions, outside of the node; sums over the workers
  using Counts = std::vector<std::pair<std::string, std::uint64_t>>;  // in a fixed order
  struct Server {                                                     // see store::ServerRow
    std::string address;
    Counts counters;
    Counts breaker;  // workers by the state of theirs
    Counts errors;
    Delay look_up_time;
  };
  Counts counters;  // see store::WorkerRow
  Counts values;    // that were found, by what came of them
  std::vector<Server> servers;
};

struct TlsSnapshot {  // sums over the workers; see tls::Counters
  std::uint64_t full_tls_1_2 = 0, full_tls_1_3 = 0, resumed_tls_1_2 = 0, resumed_tls_1_3 = 0;
  std::uint64_t sessions_stored = 0, sessions_refused = 0;
  std::vector<std::pair<std::string, std::uint64_t>> missed;  // reason, count; fixed order
  std::vector<std::pair<std::string, std::uint64_t>> failed;  // the same
  std::array<std::uint64_t, 3> hits{};  // in a store, of sessions made here, pushed, pulled
};

struct RouterSnapshot {  // one HTTP worker
  std::uint64_t id = 0, pid = 0, respawns = 0;
  std::uint64_t accepted = 0, accept_failed = 0, active_sessions = 0, requests = 0;
  std::uint64_t bytes_in = 0, bytes_out = 0, bad_requests = 0, upstream_failed = 0;
  std::uint64_t upstream_timed_out = 0, truncated = 0, client_timed_out = 0, client_closed = 0;
  std::uint64_t fields_dropped = 0, proxy_refused = 0;
  std::vector<std::pair<std::string, std::uint64_t>> backends;  // connections; fixed order
  std::vector<std::pair<std::string, std::uint64_t>> limits;    // name, how often; fixed order
  std::vector<std::pair<std::string, std::uint64_t>> answers;   // status, how often; fixed order
};

struct SocketSnapshot {  // that applications are asked at
  std::string name;
  std::string protocol;  // "uwsgi" or "http"
  std::uint64_t queue = 0, max_queue = 0;
};

struct WorkerSnapshot {  // of applications; see application::Scoreboard
  struct App {
    std::uint64_t id = 0, startup_time = 0, requests = 0, exceptions = 0;
    std::string mountpoint;
  };
  struct Core {
    std::uint64_t id = 0, requests = 0, files = 0, write_errors = 0, read_errors = 0;
    std::uint64_t request_start = 0;  // Unix time; 0: there is none under way
    std::vector<std::pair<std::string, std::string>> variables;  // of that request, a few
  };
  std::uint64_t id = 0, pid = 0, accepting = 0, requests = 0, delta_requests = 0, exceptions = 0;
  std::uint64_t harakiri_count = 0, rss = 0, vsz = 0, running_time = 0, last_spawn = 0;
  std::uint64_t respawn_count = 0, tx = 0, avg_rt = 0;
  std::vector<App> apps;
  bool busy = false;
  std::vector<Core> cores;  // possibly left out
};

struct Snapshot {
  std::string version;    // "2.0.21-reprise"
  std::uint64_t pid = 0;  // the master's
  std::uint64_t uid = 0, gid = 0;
  std::string cwd;
  std::vector<std::pair<std::string, std::uint64_t>> locks;  // name, pid of the holder or 0
  std::vector<CacheSnapshot> caches;
  std::optional<std::size_t> session_cache;  // index in `caches` of the TLS session cache
  std::vector<SyncSnapshot> sync;            // of caches with peers
  std::optional<ServiceSnapshot> service;    // with a server for caches
  std::optional<TlsSnapshot> tls;            // with a TLS listener
  std::vector<RouterSnapshot> routers;
  std::vector<SocketSnapshot> sockets;
  std::vector<WorkerSnapshot> workers;
  std::optional<StoreSnapshot> store;  // with a store of sessions
};

}  // namespace reprise::stats
