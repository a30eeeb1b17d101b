#pragma once

#include <chrono>
#include <functional>

#include "sync/intake.hpp"

namespace reprise::sessions {

// What the TLS sessions of a cache may do with other nodes: `client_certificates` is for packets
// without a seal, members of a sealed cluster are believed.
struct Sharing {
  // No session that came from a peer lives longer here, counted from its receipt. 0: the cache
  // holds no sessions, and its items are taken as they are.
  std::chrono::seconds longest{0};
  // Sessions of listeners that ask for a client's certificate are shared and believed too, although
  // whoever reaches the port can make one for any client (`ssl-sessions-share-client-certs`).
  bool client_certificates = false;
  // A listener of this cache, or a name of it, asks for a client's certificate.
  bool asks_for_certificates = false;
};

// How a cache of sessions takes what its peers tell. The remaining time of a new session is the
// expiry of its packet less the time in its DER, both by the sender's clock: so clocks may differ
// by hours. What is left of one that was copied is told by the clock of its former place; the time
// in its DER counts where it has no expiry. What is no session keeps what is left of it.
class FromPeers final : public sync::Acceptance {
public:
  explicit FromPeers(const Sharing& sharing) : sharing_(sharing) {}

  std::optional<sync::Rejection> judge(sync::Change& change, const sync::Arrival& arrival) override;

  // Not what a listener made that asks for certificates, nor what has one; nor, where there is such
  // a listener, what came from another node of this host, which may have it too.
  bool may_leave(const cache::Item& item) const override;

  void erased(Bytes key) noexcept override;

  // From now on `tell` hears of each key that somebody erases.
  void tell_erased(std::function<void(Bytes key)> tell) { tell_ = std::move(tell); }

private:
  Sharing sharing_;
  std::function<void(Bytes key)> tell_;
};

}  // namespace reprise::sessions
