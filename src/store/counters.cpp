#include "store/counters.hpp"

namespace reprise::store {

const char* name_of(Trouble trouble) {
  constexpr std::array<const char*, troubles> names{
      "connect",   "tls",  "denied",    "lost",    "stalled", "malformed",
      "not_ready", "full", "too_large", "refused", "unfit",   "redirects"};
  return names.at(static_cast<std::size_t>(trouble));
}

const char* name_of(BreakerState state) {
  constexpr std::array<const char*, 3> names{"closed", "open", "half-open"};
  return names.at(static_cast<std::size_t>(state));
}

}  // namespace reprise::store
