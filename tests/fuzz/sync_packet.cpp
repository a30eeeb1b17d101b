#include <cstdint>
#include <cstdlib>

#include "sync/packet.hpp"

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

bool is_inside(reprise::Bytes part, reprise::Bytes whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace reprise::sync;
  const reprise::Bytes datagram(reinterpret_cast<const char*>(data), size);
  Rejection why = Rejection::failed;
  const auto change = decode(datagram, why);
  if (!change) {
    check(why != Rejection::failed);
    return 0;
  }
  check(is_inside(change->key, datagram) && is_inside(change->value, datagram));
  check(!change->key.empty());
  // What it says can be said again, if only the digits of an expiry that was short fit.
  std::string bytes;
  if (!encode(*change, bytes)) {
    check(size + 24 > largest_datagram);
    return 0;
  }
  const auto again = decode(bytes, why);
  check(again && again->operation == change->operation && again->key == change->key);
  check(again->value == change->value && again->expires == change->expires);
  return 0;
}
