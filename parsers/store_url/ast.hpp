#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "parsers/syntax_error.hpp"

namespace reprise::parsers::store_url {

enum class Engine { redis, memcached };

// One server: TCP, or a unix socket.
struct Server {
  std::string host;                   // without brackets; empty: a unix socket
  bool ipv6 = false;                  // it stood in brackets
  std::optional<std::uint16_t> port;  // nothing: the engine's own
  std::string path;                   // of a unix socket: absolute, or "@name"
};

// `key=value` behind the '?'.
struct Parameter {
  std::string key;
  std::string value;
  Position key_at;
  Position value_at;
};

struct Url {
  Engine engine = Engine::redis;
  bool tls = false;  // `rediss`
  std::vector<Server> servers;
  std::vector<Parameter> parameters;
};

}  // namespace reprise::parsers::store_url
