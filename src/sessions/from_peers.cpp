#include "sessions/from_peers.hpp"

#include <algorithm>

#include "sessions/session_der.hpp"

namespace reprise::sessions {

std::optional<sync::Rejection> FromPeers::judge(sync::Change& change, bool from_this_host,
                                                UnixSeconds now) {
  const auto longest = static_cast<UnixSeconds>(sharing_.longest.count());
  if (longest == 0 || change.operation != sync::Operation::set) return std::nullopt;
  const auto session = read_session(change.value);
  if (!session) return std::nullopt;
  if (session->has_certificate && !from_this_host && !sharing_.client_certificates) {
    return sync::Rejection::untrusted;
  }
  UnixSeconds left = longest;  // of one that never expires
  if (change.expires != 0) {
    if (change.expires <= session->created) return sync::Rejection::expired;
    left = std::min(left, change.expires - session->created);
  }
  change.expires = now + left;
  return std::nullopt;
}

}  // namespace reprise::sessions
