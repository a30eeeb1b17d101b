// What is known of a cache without asking it: which sessions it has.
#include <algorithm>

#include "cluster/contents.hpp"

namespace reprise::cluster {
namespace {

// In one tick: at first, and later, so that a minute sees all.
constexpr std::size_t items_at_first = 20'000;
constexpr std::size_t fewest_items = 64;
constexpr std::size_t ticks_of_a_round = 600;

// A cache with little in it is gone through in few calls each time, too.
constexpr std::size_t items_of_a_call = 8;

constexpr Moment full_for = 10'000;  // after something made room

}  // namespace

void Contents::tick(Moment now) {
  now_ = now;
  holdings_.tick(now, unix_now());
  const std::size_t gently = fewest_items + holdings_.size() / ticks_of_a_round;
  look_through_cache(is_known_ ? gently : items_at_first);
  look_through_holdings(gently);
  look_whether_full(now);
}

// What came without a word.
void Contents::look_through_cache(std::size_t items) {
  found_.clear();
  bool more = true;
  for (std::size_t calls = 0; more && calls <= items / items_of_a_call; ++calls) {
    if (found_.size() >= items) break;
    more = cache_.keys(looked_at_, found_);
  }
  const UnixSeconds now = unix_now();
  for (const cache::ItemFacts& facts : found_) {
    const bool ended = facts.expires != 0 && facts.expires <= now;
    if (!ended && is_session(facts.key))
      holdings_.add(facts.key, facts.expires, now_, /*old=*/true);
  }
  if (more) return;
  looked_at_ = {};
  is_known_ = true;
}

// What went without a word.
void Contents::look_through_holdings(std::size_t items) {
  ids_.clear();
  checked_ = holdings_.some(checked_, items, ids_);
  for (const seal::SessionName& id : ids_)
    if (!cache_.exists(bytes_of(id), unix_now())) holdings_.remove(bytes_of(id));
}

void Contents::note_full() {
  full_until_ = now_ + full_for;
  is_full_ = true;
}

void Contents::look_whether_full(Moment now) {
  const cache::Counts counts = cache_.counts();
  if (counts.evicted != evicted_) full_until_ = now + full_for;
  evicted_ = counts.evicted;
  is_full_ = now < full_until_ || counts.items + 1 >= cache_.settings().max_items;
}

void Contents::take_erased(Fingerprint fingerprint, Moment now) {
  const auto id = holdings_.find(fingerprint);
  if (!id) return;
  take(EraseSession{longest_hold(), bytes_of(*id)}, /*age=*/0, now);
}

}  // namespace reprise::cluster
