#pragma once

#include <string>

#include "sync/broadcast.hpp"
#include "sync/teller.hpp"

namespace reprise::sync {

// Tells a change in uWSGI's form, one datagram to each node, by the process that made it. Made
// before the fork. Not for several threads.
class Publisher final : public Teller {
public:
  // References outlive this.
  Publisher(Broadcast& nodes, const Ledger& ledger) : nodes_(nodes), ledger_(ledger) {}

  // A change that no datagram holds is counted and not sent.
  void publish(const Change& change, Audience audience) noexcept override;

private:
  Broadcast& nodes_;
  const Ledger& ledger_;
  std::string datagram_;
};

}  // namespace reprise::sync
