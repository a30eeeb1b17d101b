#include "cluster/copies.hpp"

#include <algorithm>
#include <cassert>

#include "cluster/copy_giving.hpp"
#include "cluster/copy_taking.hpp"

namespace reprise::cluster {

// The id of a key tells the cache too: names of caches are in it.
std::unique_ptr<sync::SealedGiving> Copies::give(Bytes request, sync::ServiceCounters& counters) {
  constexpr std::size_t header_size = 4;
  assert(request.size() == request_size);
  seal::KeyId id{};
  seal::StreamNonce client{};
  std::copy_n(request.begin() + header_size, id.size(), id.begin());
  std::copy_n(request.begin() + header_size + id.size(), client.size(), client.begin());
  for (std::size_t i = 0; i < parts_.keys.count; ++i) {
    const seal::PacketKey& key = parts_.keys.list[i];
    if (key.id == id) return std::make_unique<CopyGiving>(parts_, key.packet, client, counters);
  }
  return nullptr;
}

std::unique_ptr<sync::SealedTaking> Copies::take(std::size_t secret, sync::CopyReport& report) {
  return std::make_unique<CopyTaking>(parts_, parts_.keys.list[secret], report);
}

}  // namespace reprise::cluster
