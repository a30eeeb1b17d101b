#pragma once

#include <chrono>

#include "sync/intake.hpp"

namespace reprise::sessions {

// What the TLS sessions of a cache may do with other nodes, whose packets have no seal.
struct Sharing {
  // No session that came from a peer lives longer here, counted from its receipt. 0: the cache
  // holds no sessions, and its items are taken as they are.
  std::chrono::seconds longest{0};
  // Sessions of listeners that ask for a client's certificate are shared and believed too, although
  // whoever reaches the port can make one for any client (`ssl-sessions-share-client-certs`).
  bool client_certificates = false;
};

// How a cache of sessions takes what its peers tell. A session's remaining time is the expiry of
// its packet less the time in its DER, both by the sender's clock: so clocks may differ by hours.
// What is no session keeps its expiry.
class FromPeers final : public sync::Acceptance {
public:
  explicit FromPeers(const Sharing& sharing) : sharing_(sharing) {}

  std::optional<sync::Rejection> judge(sync::Change& change, bool from_this_host,
                                       UnixSeconds now) override;

private:
  Sharing sharing_;
};

}  // namespace reprise::sessions
