#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/written.hpp"
#include "tls/settings.hpp"

namespace reprise::router {

// One `http`, `https` or `https2` option.
struct ListenerSettings {
  std::string origin;                // where it was configured, for messages
  std::string address;               // as written; what messages and SERVER_PORT come from
  std::optional<tls::Settings> tls;  // nothing: plain HTTP
};

// The HTTP router: listeners in front, uwsgi servers behind (spec/routers/http-router.md 1).
struct Settings {
  std::vector<ListenerSettings> listeners;
  std::vector<Written> upstreams;  // http-to
  int processes = 1;               // http-processes, 1..64
  int modifier1 = 0;
  int modifier2 = 0;
  std::vector<std::pair<std::string, std::string>> variables;  // http-var
  std::chrono::seconds timeout{60};                            // inactivity
  std::chrono::seconds headers_timeout{0};                     // 0: as timeout; for the whole head
  std::chrono::seconds connect_timeout{0};                     // 0: as timeout, but at most 10
  std::chrono::seconds handshake_timeout{30};                  // for the whole handshake
  std::chrono::seconds gracetime{30};         // an upstream that failed is left alone so long
  bool keepalive = false;                     // http-keepalive
  std::chrono::seconds keepalive_timeout{0};  // between requests; 0: as timeout
  bool export_client_certificate = false;     // https-export-cert: HTTPS_CC
  std::size_t max_head = 65536;               // request head and packet, bytes
};

}  // namespace reprise::router
