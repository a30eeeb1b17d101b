#include "sessions/shared_sessions.hpp"

namespace reprise::sessions {

// What a cache throws is a failure of memory or of its lock. A handshake goes on without a session:
// it is full instead of resumed, and the client does not notice.

bool SharedSessions::put(Bytes id, Bytes der, UnixSeconds expires) noexcept {
  try {
    return cache_.update(id, der, expires, unix_now()) == cache::SetResult::stored;
  } catch (const std::exception&) {
    return false;
  }
}

std::optional<std::string> SharedSessions::get(Bytes id, tls::SessionMiss& why) noexcept {
  why = tls::SessionMiss::unknown;
  try {
    cache::Miss miss = cache::Miss::unknown;
    auto item = cache_.get(id, unix_now(), &miss);
    if (item) return std::move(item->value);
    if (miss == cache::Miss::expired) why = tls::SessionMiss::expired;
  } catch (const std::exception&) {
    return std::nullopt;
  }
  return std::nullopt;
}

void SharedSessions::remove(Bytes id) noexcept {
  try {
    cache_.erase(id);
  } catch (const std::exception&) {
    return;
  }
}

}  // namespace reprise::sessions
