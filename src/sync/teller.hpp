#pragma once

#include "sync/packet.hpp"

namespace reprise::sync {

enum class Audience {
  everyone,
  this_host,    // nodes at loopback addresses
  other_hosts,  // all but those: what comes over loopback is believed there
};

// Tells the other nodes of a change of a cache, after it was made.
class Teller {
public:
  virtual ~Teller() = default;

  // Does not wait; what cannot be told is counted and lost.
  virtual void publish(const Change& change, Audience audience) noexcept = 0;
};

}  // namespace reprise::sync
