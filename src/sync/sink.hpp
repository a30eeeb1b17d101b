#pragma once

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "net/address.hpp"

namespace reprise::sync {

// Where datagrams go that were received.
class Sink {
public:
  virtual ~Sink() = default;

  // One datagram, with all its counting. Throws nothing.
  virtual void take(Bytes datagram, const net::Endpoint& from, UnixSeconds now) noexcept = 0;
};

}  // namespace reprise::sync
