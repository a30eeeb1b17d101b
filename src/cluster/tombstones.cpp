#include "cluster/tombstones.hpp"

namespace reprise::cluster {

void Tombstones::add(Bytes id, Moment until) {
  const Fingerprint key = fingerprint_of(id);
  Entry* place = nullptr;
  for (Entry& entry : buckets_[place_of(key)]) {
    if (entry.until != 0 && entry.id == key) {
      if (entry.until < until) entry.until = until;
      return;
    }
    if (place == nullptr || entry.until < place->until) place = &entry;
  }
  // Whoever dies in here leaves a free place.
  place->until = 0;
  place->id = key;
  place->until = until;
}

bool Tombstones::has(Fingerprint id, Moment now) const {
  for (const Entry& entry : buckets_[place_of(id)])
    if (entry.id == id && entry.until > now) return true;
  return false;
}

}  // namespace reprise::cluster
