#pragma once

#include <string>

#include "net/datagram.hpp"

namespace reprise::sync {

// For all caches; each one's nodes and servers are in cache::Settings.
struct Settings {
  net::MulticastOptions multicast;
  std::string multicast_origin;  // where its interface was configured, for messages
};

}  // namespace reprise::sync
