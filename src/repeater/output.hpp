#pragma once

#include "repeater/roster.hpp"

namespace reprise::repeater {

// The way out of a gateway.
class Output {
public:
  virtual ~Output() = default;
  // `datagram` stays where it is until the batch that it came in is done with; `hops`: the routers
  // and repeaters that it may still pass.
  virtual void forward(Bytes datagram, const Roster::Entry& to, int hops) = 0;
  // At once. Nobody is owed more: what the kernel does not take is lost.
  virtual void answer(Bytes datagram, const Address& to) = 0;
};

}  // namespace reprise::repeater
