#include "sync/replicated_cache.hpp"

namespace reprise::sync {

using cache::SetResult;

SetResult ReplicatedCache::set(Bytes key, Bytes value, cache::Expiry expires, UnixSeconds now) {
  const SetResult result = local_.set(key, value, expires, now);
  if (result == SetResult::stored) {
    peers_.publish({Operation::set, key, value, expires}, Audience::everyone);
  }
  return result;
}

SetResult ReplicatedCache::update(Bytes key, Bytes value, cache::Expiry expires, UnixSeconds now,
                                  Audience audience) {
  const std::uint16_t flags = audience == Audience::everyone ? 0 : cache::item_flags::for_this_host;
  const SetResult result = local_.update(key, value, expires, now, flags);
  if (result == SetResult::stored) peers_.publish({Operation::set, key, value, expires}, audience);
  return result;
}

bool ReplicatedCache::erase(Bytes key) {
  if (!local_.erase(key)) return false;
  peers_.publish({Operation::erase, key, {}, 0}, Audience::everyone);
  return true;
}

SetResult ReplicatedCache::change(Bytes key, const cache::Arithmetic& change, cache::Expiry expires,
                                  UnixSeconds now, std::int64_t* result) {
  const SetResult done = local_.change(key, change, expires, now, result);
  // Read again: an item that was there keeps its expiry, and who changed it since tells that too.
  cache::Item item;
  if (done == SetResult::stored && local_.peek(key, now, item)) {
    peers_.publish({Operation::set, key, item.value, item.expires}, Audience::everyone);
  }
  return done;
}

void ReplicatedCache::pass_on(const Change& change, Audience audience) {
  peers_.publish(change, audience);
}

std::optional<cache::Item> ReplicatedCache::get(Bytes key, UnixSeconds now, cache::Miss* why) {
  std::optional<cache::Item> item = local_.get(key, now, why);
  if (item) {
    CacheCounters& counters = ledger_.cache();
    (made_elsewhere(*item) ? counters.hits_elsewhere : counters.hits_here).add();
  }
  return item;
}

}  // namespace reprise::sync
