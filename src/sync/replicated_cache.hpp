#pragma once

#include "cache/cache.hpp"
#include "sync/ledger.hpp"
#include "sync/teller.hpp"

namespace reprise::sync {

// A cache whose changes are told to the peers. What the peers tell us goes into the plain
// cache::Cache instead, so that no change travels in circles.
class ReplicatedCache {
public:
  // Keeps references: all outlive this object.
  ReplicatedCache(cache::Cache& local, Teller& peers, const Ledger& ledger)
      : local_(local), peers_(peers), ledger_(ledger) {}

  // As cache::Cache has them. What succeeds is sent, once no lock is held any more; an item that is
  // for this host alone is marked so.
  cache::SetResult set(Bytes key, Bytes value, cache::Expiry expires, UnixSeconds now);
  cache::SetResult update(Bytes key, Bytes value, cache::Expiry expires, UnixSeconds now,
                          Audience audience = Audience::everyone);
  bool erase(Bytes key);
  // What is told is the number that came of it, as an update, and when the item ends.
  cache::SetResult change(Bytes key, const cache::Arithmetic& change, cache::Expiry expires,
                          UnixSeconds now, std::int64_t* result = nullptr);

  // Tells the peers of a change that was told to this node alone, and made already.
  void pass_on(const Change& change, Audience audience);

  // As cache::Cache has it; the ledger counts hits on what was made here and elsewhere apart.
  std::optional<cache::Item> get(Bytes key, UnixSeconds now, cache::Miss* why = nullptr);

  // For what concerns this node alone: looking, clearing, what is not to be told.
  cache::Cache& local() const { return local_; }

private:
  cache::Cache& local_;
  Teller& peers_;
  const Ledger& ledger_;
};

// Whether an item came from a peer.
inline bool made_elsewhere(const cache::Item& item) {
  return (item.flags & cache::item_flags::from_peer) == cache::item_flags::from_peer;
}

}  // namespace reprise::sync
