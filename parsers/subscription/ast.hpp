#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "parsers/syntax_error.hpp"

namespace reprise::parsers::subscription {

// `[ADDRESS=]SERVER:KEY[,MODIFIER1[,DIGEST:KEYFILE]]`.
struct Target {
  std::string address;                  // empty: not told
  std::optional<std::uint16_t> shared;  // `=N=` in front: a shared socket
  std::string server;                   // "host:port", "[v6]:port" or a path
  std::string key;
  std::uint8_t modifier1 = 0;
  std::string digest;  // empty: not signed
  std::string key_file;
};

// `DIGEST:DIRECTORY`.
struct SignCheck {
  std::string digest;
  std::string directory;
};

}  // namespace reprise::parsers::subscription
