#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/written.hpp"

namespace reprise::store {

enum class EngineKind { redis, memcached };

// How the servers are reached over TLS; all files PEM.
struct TlsSettings {
  Written ca_file;           // empty: the system's
  Written certificate_file;  // ours; empty: none is shown
  Written key_file;
  std::string name;  // that the servers' certificates are for; empty: each its own host
};

// A store of TLS sessions that many nodes share (`ssl-sessions-store`).
struct Settings {
  Written url;  // as it was written, and where
  EngineKind engine = EngineKind::redis;
  std::vector<std::string> servers;  // as net::resolve() reads them; none: there is no store
  bool cluster = false;              // Redis Cluster: who has what is asked of the servers
  bool tls = false;
  TlsSettings tls_settings;
  int database = 0;
  std::string user;       // of Redis' ACLs; empty: its default user
  Written password_file;  // empty: no AUTH

  std::chrono::milliseconds timeout{10};  // that a handshake waits for a look-up
  Written secret;                         // a file of secrets; empty only if `plain`
  bool plain = false;                     // values are stored in the clear
  std::string prefix = "reprise:";        // of all keys

  bool wanted() const { return !servers.empty(); }
};

}  // namespace reprise::store
