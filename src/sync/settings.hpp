#pragma once

#include "net/datagram.hpp"

namespace reprise::sync {

// For all caches; each one's nodes and servers are in cache::Settings.
struct Settings {
  net::MulticastOptions multicast;
};

}  // namespace reprise::sync
