#pragma once

#include <string>
#include <vector>

#include "sync/intake.hpp"
#include "sync/replicated_cache.hpp"
#include "sync/sealed_copies.hpp"
#include "sync/service_counters.hpp"

namespace reprise::sync {

// A cache as clients reach it over TCP. Keeps references.
struct Offer {
  ReplicatedCache& cache;
  Intake& intake;
  const Acceptance& acceptance;
  // Commands and plain copies have no seal: such a cache has none for anybody.
  bool sealed = false;
  SealedCopies* copies = nullptr;  // of a sealed one

  const cache::Settings& settings() const { return cache.local().settings(); }
  // Whether the client may have it.
  bool allows(const cache::Item& item, bool to_this_host) const {
    return to_this_host || acceptance.may_leave(item);
  }
};

// Goes over the living items of a cache that may leave this host, a slice at a time; no lock is
// held between slices, nor while an item is shown. What is there all along is shown once.
class ItemWalk {
public:
  // References outlive this.
  ItemWalk(const Offer& offer, ServiceCounters& counters) : offer_(offer), counters_(counters) {}

  // Shows the next few items, by `show(key, item)`. False when all have been shown.
  template <class F>
  bool step(UnixSeconds now, F&& show);

private:
  const Offer& offer_;
  ServiceCounters& counters_;
  cache::KeyCursor cursor_;
  std::vector<cache::ItemFacts> slice_;
  cache::Item item_;
};

template <class F>
bool ItemWalk::step(UnixSeconds now, F&& show) {
  slice_.clear();
  const bool more = offer_.cache.local().keys(cursor_, slice_);
  for (const cache::ItemFacts& facts : slice_) {
    if (!offer_.cache.local().peek(facts.key, now, item_)) continue;
    if (offer_.acceptance.may_leave(item_)) {
      show(Bytes(facts.key), item_);
    } else {
      counters_.withheld.add();
    }
  }
  return more;
}

}  // namespace reprise::sync
