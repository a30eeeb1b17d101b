#pragma once

#include "base/log.hpp"
#include "cache/cache.hpp"
#include "net/address.hpp"
#include "sync/ledger.hpp"
#include "sync/own_packets.hpp"
#include "sync/packet.hpp"

namespace reprise::sync {

// What a cache demands of its peers' changes beyond their form. Filled in by who knows what the
// cache is for.
class Acceptance {
public:
  virtual ~Acceptance() = default;

  // Nothing, and the change is made, perhaps with another expiry; or why it is not made.
  // `from_this_host`: it came over loopback, where nobody else can send.
  virtual std::optional<Rejection> judge(Change& change, bool from_this_host, UnixSeconds now) = 0;
};

// Makes the changes of datagrams in a plain cache, which tells them to nobody.
class Intake {
public:
  // Keeps references, which outlive this; `acceptance` may be null: everything is taken.
  Intake(cache::Cache& cache, Acceptance* acceptance, OwnPackets own, const Ledger& ledger)
      : cache_(cache), acceptance_(acceptance), own_(std::move(own)), ledger_(ledger) {}

  // One datagram, with all its counting. Throws nothing.
  void take(Bytes datagram, const net::Endpoint& from, UnixSeconds now) noexcept;

private:
  std::optional<Rejection> apply(Bytes datagram, const net::Endpoint& from, UnixSeconds now);
  std::optional<Rejection> apply(const Change& change, bool from_this_host, UnixSeconds now);
  void say(Rejection reason);

  cache::Cache& cache_;
  Acceptance* acceptance_;
  OwnPackets own_;
  const Ledger& ledger_;
  log::RateLimit lines_;
};

}  // namespace reprise::sync
