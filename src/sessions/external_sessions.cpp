#include "sessions/external_sessions.hpp"

#include <algorithm>
#include <functional>

#include "base/wipe.hpp"
#include "sessions/session_der.hpp"

namespace reprise::sessions {
namespace {

constexpr std::chrono::seconds absent_time{1};

}  // namespace

void ExternalSessions::keep(Bytes id, Bytes der, UnixSeconds expires, tls::SessionKind kind) {
  const bool identifying = kind == tls::SessionKind::identifying;
  if (identifying && !vault_.is_sealed() && !sharing_.client_certificates) return;
  const UnixSeconds now = unix_now();
  if (expires <= now || der.size() > store::Vault::most_value / 2) return;
  store::Entry entry{std::string(der), now, expires, identifying};
  auto names = vault_.names(id);
  std::string value = vault_.close(id, entry);
  wipe(entry.der);
  if (names.empty() || value.empty()) return;
  store_.keep(std::move(names.front()), std::move(value),
              static_cast<std::uint32_t>(expires - now));
}

void ExternalSessions::forget(Bytes id) {
  for (std::string& name : vault_.names(id))
    store_.forget(std::move(name));
}

ExternalSessions::Absent& ExternalSessions::absent_place(Bytes id) {
  return absent_[std::hash<Bytes>()(id) % absent_places];
}

std::unique_ptr<store::Store::Search> ExternalSessions::seek(Bytes id, tls::SessionMiss& why) {
  const Absent& absent = absent_place(id);
  if (absent.is(id) && absent.until > Clock::now()) {
    store_.counters().known_absent.add();
    return nullptr;
  }
  auto refusal = store::Store::Refusal::none;
  auto search = store_.seek(vault_.names(id), refusal);
  if (refusal == store::Store::Refusal::too_many) why = tls::SessionMiss::refused;
  return search;
}

tls::SessionMiss ExternalSessions::take(Bytes id, const store::Store::Search::Outcome& outcome) {
  tls::SessionMiss why = tls::SessionMiss::unknown;
  for (const std::string& value : outcome.values) {
    if (put(id, value, why)) return why;
  }
  if (outcome.timed_out) return tls::SessionMiss::timed_out;
  Absent& absent = absent_place(id);
  if (id.size() == absent.id.size()) {
    std::copy(id.begin(), id.end(), absent.id.begin());
    absent.until = Clock::now() + absent_time;
  }
  return why;
}

bool ExternalSessions::put(Bytes id, Bytes value, tls::SessionMiss& why) {
  const UnixSeconds now = unix_now();
  store::Entry entry;
  store::Opened opened = vault_.open(id, value, now, entry);
  if (opened == store::Opened::good && !read_session(entry.der)) opened = store::Opened::malformed;
  store_.counters().opened[static_cast<std::size_t>(opened)].add();
  if (opened == store::Opened::over) why = tls::SessionMiss::expired;
  if (opened != store::Opened::good) return false;
  UnixSeconds expires = entry.expires;
  const auto longest = static_cast<UnixSeconds>(sharing_.longest.count());
  if (longest > 0) expires = std::min(expires, now + longest);
  namespace flags = cache::item_flags;
  std::uint16_t item = flags::from_peer | flags::asked_for;
  if (vault_.is_sealed()) item |= flags::believed;
  const auto result = local_.update(id, entry.der, expires, now, item);
  wipe(entry.der);
  store_.counters().found.add();
  return result == cache::SetResult::stored;
}

}  // namespace reprise::sessions
