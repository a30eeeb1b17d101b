#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/written.hpp"
#include "router/address_range.hpp"
#include "tls/settings.hpp"

namespace reprise::router {

// One `http`, `https` or `https2` option.
struct ListenerSettings {
  std::string origin;                // where it was configured, for messages
  std::string address;               // as written; what messages and SERVER_PORT come from
  std::optional<tls::Settings> tls;  // nothing: plain HTTP
  // Every request is told to come again by https, to this port ("" is the usual one).
  std::optional<std::string> redirect_port;
};

// What the edge does with a field that tells the application who the client is.
enum class Forwarding {
  off,      // passed on as it came
  add,      // ours behind what came
  replace,  // ours alone
};

enum class AccessFormat { uwsgi, json };

// Where a line about every request goes.
struct AccessLogSettings {
  Written target;  // http-access-log: a file, "stdout", "syslog", "syslog:SOCKET"; empty: nowhere
  AccessFormat format = AccessFormat::uwsgi;
};

// Every host has a unix socket of its own, whose path is its name between these two.
struct NamedNodes {
  std::string before;
  std::string after;
};

// A socket of this node's applications.
struct OwnSocket {
  std::size_t number = 0;
  std::string origin;  // where it was configured, for messages
};

// Whether the servers behind are asked in HTTP/1.1 in place of uwsgi packets, which have one
// request a connection.
struct BackendHttp {
  bool wanted = false;           // http-backend-http, for all of them
  int kept = 0;                  // http-backend-keepalive: idle connections to each, of a process
  std::chrono::seconds idle{4};  // http-backend-idle: that they are kept
  std::string origin;            // where `wanted` was configured, for messages
  std::string kept_origin;       // and `kept`
};

// The HTTP router: listeners in front, uwsgi servers behind (spec/routers/http-router.md 1).
struct Settings {
  std::vector<ListenerSettings> listeners;
  std::vector<Written> upstreams;  // http-to
  std::vector<Written> fallbacks;  // http-fallback
  // What comes first is asked, and nothing else: the cache of that name ("": the first), which has
  // a host's nodes (http-use-cache); its own unix socket (http-use-base, http-use-pattern); one of
  // the application's sockets, by its number (http-use-socket).
  std::optional<Written> host_cache;
  std::optional<NamedNodes> named_nodes;
  std::optional<OwnSocket> own_socket;
  int processes = 1;  // http-processes, 1..64
  BackendHttp backend_http;
  int modifier1 = 0;
  int modifier2 = 0;
  std::vector<std::pair<std::string, std::string>> variables;  // http-var
  std::chrono::seconds timeout{60};                            // inactivity
  std::chrono::seconds headers_timeout{0};                     // 0: as timeout; for the whole head
  std::chrono::seconds connect_timeout{0};                     // 0: as timeout, but at most 10
  std::chrono::seconds handshake_timeout{30};                  // for the whole handshake
  std::chrono::seconds gracetime{30};  // an upstream that failed is left alone so long
  // http-drain-timeout: for the requests under way, of a worker that is to end. Nothing: as long as
  // its master waits.
  std::optional<std::chrono::seconds> drain_timeout;
  bool keepalive = false;                     // http-keepalive
  std::chrono::seconds keepalive_timeout{0};  // between requests; 0: as timeout
  bool export_client_certificate = false;     // https-export-cert: HTTPS_CC
  bool raw_body = false;             // http-raw-body: bodies have no end but the connection's
  bool websockets = false;           // http-websockets
  bool chunked_input = false;        // http-chunked-input: chunked bodies are passed on undecoded
  bool auto_chunked = false;         // http-auto-chunked: answers without a length are chunked
  bool auto_gzip = false;            // http-auto-gzip: answers that ask for it are compressed
  bool quiet = false;                // http-quiet: no lines about attempts to connect that failed
  bool bare_close = false;           // http-bare-close: no answers of our own
  bool host_as_server_name = false;  // http-server-name-as-http-host

  Forwarding x_forwarded_for = Forwarding::off;
  Forwarding x_forwarded_proto = Forwarding::off;
  Forwarding forwarded = Forwarding::off;  // RFC 7239

  // Who says by a PROXY header which client it speaks for, and has to: http-proxy-protocol-from.
  std::vector<AddressRange> proxy_sources;

  Written stats;  // http-stats

  AccessLogSettings access_log;

  // Limits; 0 is none where a limit may be absent.
  std::size_t max_head = 65536;                       // request head and packet, bytes
  std::size_t max_fields = 512;                       // of a request head
  std::size_t max_response_head = 65536;              // bytes
  std::uint64_t max_body = 0;                         // bytes
  std::uint64_t max_chunked_body = 64 * 1024 * 1024;  // of one that has to be kept
  std::uint64_t max_kept_bodies = 1 << 30;            // of all those that a process keeps
  std::uint64_t max_expected_body = 0;                // after `Expect: 100-continue`
  std::chrono::seconds body_timeout{0};               // for a whole request body
  int max_connections = 0;                            // of one address, in each process
  int max_requests = 0;                               // of one connection

  // Bytes of one request's body; `expected`: it came with `Expect: 100-continue`. 0: any number.
  std::uint64_t largest_body(bool expected) const {
    if (!expected || max_expected_body == 0) return max_body;
    return max_body == 0 ? max_expected_body : std::min(max_body, max_expected_body);
  }
};

}  // namespace reprise::router
