#include "subscription/stamps.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include <openssl/sha.h>

namespace reprise::subscription {

std::uint64_t Stamps::Entry::newest() const {
  return std::max(announced.load(), left.load());
}

std::uint64_t Stamps::id_of(std::string_view key, std::string_view address) {
  std::string both(key);
  both.append(1, '\0').append(address);
  unsigned char hash[SHA256_DIGEST_LENGTH];
  ::SHA256(reinterpret_cast<const unsigned char*>(both.data()), both.size(), hash);
  std::uint64_t id = 0;
  std::memcpy(&id, hash, sizeof id);
  return id == 0 ? 1 : id;
}

bool Stamps::is_new(std::uint64_t node, bool leaves, std::uint64_t unix) const {
  for (std::size_t i = 0; i < probes; ++i) {
    const Entry& entry = entries_[(node + i) % capacity];
    if (entry.node.load() != node) continue;
    if (leaves) return unix > entry.newest();
    return unix > entry.announced.load() && unix >= entry.left.load();
  }
  return unix > floor_.load();
}

void Stamps::note(std::uint64_t node, bool leaves, std::uint64_t unix) {
  Entry* place = nullptr;
  for (std::size_t i = 0; i < probes; ++i) {
    Entry& entry = entries_[(node + i) % capacity];
    if (entry.node.load() == node) {
      (leaves ? entry.left : entry.announced).store(unix);
      return;
    }
    if (place == nullptr || entry.newest() < place->newest()) place = &entry;
  }
  // Who is forgotten can not be told from who was never known: both have to be newer than that.
  if (place->node.load() != 0) floor_.store(std::max(floor_.load(), place->newest()));
  place->node.store(0);
  place->announced.store(leaves ? 0 : unix);
  place->left.store(leaves ? unix : 0);
  place->node.store(node);
}

}  // namespace reprise::subscription
