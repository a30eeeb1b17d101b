#include "cluster/contents.hpp"

#include <algorithm>

#include "base/wipe.hpp"

namespace reprise::cluster {
namespace {

constexpr Moment second = 1000;

// What fits one datagram together with everything around it.
constexpr std::size_t largest_content =
    sync::largest_datagram - seal::overhead - preamble_size - 64;

}  // namespace

// Its id was made under a secret of ours, or another told it as one, who has a secret that we have
// not any more. Keys of applications may be as long, and what is under them changes.
bool Contents::is_session(Bytes key) {
  if (!has_sessions() || key.size() != seal::session_name_size) return false;
  const auto known = holdings_.find(fingerprint_of(key));
  return (known && bytes_of(*known) == key) || names_.read(key);
}

// What an erased session is held for.
std::uint32_t Contents::longest_hold() const {
  return static_cast<std::uint32_t>(
      std::min<std::int64_t>(longest_.count(), std::int64_t{longest_left}));
}

// What is here under a session's id is this session, and does not live longer for being told again.
Contents::Outcome Contents::store(Kind kind, Bytes key, Bytes value, std::uint32_t left, Moment age,
                                  Told how) {
  const bool is_session = kind == Kind::session && has_sessions();
  const auto existing = kind == Kind::session ? sync::Existing::keep : sync::Existing::replace;
  if (is_session) left = std::min(left, longest_hold());
  // Whole seconds are rounded down here and nowhere else: so nothing lives longer for being told.
  const std::uint64_t now = milliseconds_of(CLOCK_REALTIME);
  sync::Change change;
  change.key = key;
  change.value = value;
  if (left != never) {
    if (left < age + second) return sync::Rejection::expired;
    change.expires = (now + left - age) / second;
  }
  sync::Arrival copied;
  copied.now = now / second;
  copied.trusted = true;
  const Outcome reason = how == Told::copied ? intake_.copy(change, copied)
                                             : intake_.take_trusted(change, existing, now / second,
                                                                    how == Told::asked_for);
  if (reason == sync::Rejection::full && how == Told::copied) note_full();
  if (!reason && is_session) holdings_.add(key, change.expires, now_, how == Told::copied);
  if (reason == sync::Rejection::present && is_session) note_told(key);
  return reason;
}

// One that is here without having been taken for a session.
void Contents::note_told(Bytes id) {
  if (holdings_.find(fingerprint_of(id)) || !cache_.peek(id, unix_now(), item_)) return;
  wipe(item_.value);
  holdings_.add(id, item_.expires, now_, /*old=*/true);
}

Contents::Outcome Contents::take(const Session& session, Moment age, Moment now, Told how) {
  if (tombstones_.has(session.id, now)) return sync::Rejection::erased;
  if (!der_of(session, der_)) return sync::Rejection::malformed;
  const Outcome outcome = store(Kind::session, session.id, der_, session.left, age, how);
  wipe(der_);
  return outcome;
}

Contents::Outcome Contents::take(const EraseSession& erased, Moment age, Moment now) {
  // Longer than a session of ours lives nothing has to be kept out.
  const Moment hold = longest_.count() == 0
                          ? erased.hold
                          : std::min<Moment>(erased.hold, static_cast<Moment>(longest_.count()));
  if (hold > age) tombstones_.add(erased.id, now + hold - age);
  holdings_.remove(erased.id);
  sync::Change change;
  change.operation = sync::Operation::erase;
  change.key = erased.id;
  return intake_.take_trusted(change, sync::Existing::replace, unix_now());
}

// A node without TLS tells sessions so too.
Contents::Outcome Contents::take(const Item& item, Moment age, Moment now, Told how) {
  const bool session = is_session(item.key);
  if (session && tombstones_.has(item.key, now)) return sync::Rejection::erased;
  return store(session ? Kind::session : Kind::item, item.key, item.value, item.left, age, how);
}

Contents::Outcome Contents::take(const EraseItem& erased) {
  sync::Change change;
  change.operation = sync::Operation::erase;
  change.key = erased.key;
  return intake_.take_trusted(change, sync::Existing::replace, unix_now());
}

std::optional<std::uint32_t> Contents::left_of(const cache::Item& item) const {
  if (item.expires == 0) return never;
  const std::uint64_t now = milliseconds_of(CLOCK_REALTIME);
  const std::uint64_t end = item.expires * second;
  if (end < now + second) return std::nullopt;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(end - now, longest_left));
}

Contents::Described Contents::describe(Bytes key, std::string& to) {
  if (!cache_.peek(key, unix_now(), item_)) {
    if (is_session(key)) holdings_.remove(key);
    return Described::gone;
  }
  const auto left = left_of(item_);
  const bool fits = key.size() + item_.value.size() <= largest_content;
  if (left && fits && is_session(key)) {
    holdings_.add(key, item_.expires, now_);
    append(to, session_of(key, item_.value, *left, der_));
  } else if (left && fits) {
    append(to, Item{*left, key, item_.value});
  }
  wipe(item_.value);
  wipe(der_);
  if (!left) return Described::gone;
  return fits ? Described::whole : Described::too_large;
}

bool Contents::answer(const AskToken& token, Bytes id, std::string& to) {
  if (!cache_.peek(id, unix_now(), item_)) return false;
  const auto left = left_of(item_);
  const bool fits = id.size() + item_.value.size() <= largest_content;
  if (left && fits) append(to, Answer{token, session_of(id, item_.value, *left, der_)});
  wipe(item_.value);
  wipe(der_);
  return left && fits;
}

bool Contents::describe_erased(Bytes key, std::string& to, Moment now) {
  if (key.size() > largest_content) return false;
  if (!is_session(key)) {
    append(to, EraseItem{key});
    return true;
  }
  tombstones_.add(key, now + longest_hold());
  holdings_.remove(key);
  append(to, EraseSession{longest_hold(), key});
  return true;
}

}  // namespace reprise::cluster
