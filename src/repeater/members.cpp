#include "repeater/members.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace reprise::repeater {
namespace {

// Another process's `at` may be later than our `now`.
bool lasts(Moment at, Moment now) {
  return at != 0 && at + tolerance >= now;
}

}  // namespace

// Whoever died in here has changed one row, and rows are whole at each step.
Members::Held Members::lock() const {
  return room_.mutex.lock_or_repair([this] { room_.generation.fetch_add(1); });
}

MemberRow* Members::find(const Address& address) const {
  const auto found = std::find_if(
      room_.members.begin(), room_.members.end(),
      [&](const MemberRow& row) { return row.right != Right::none && row.address == address; });
  return found == room_.members.end() ? nullptr : &*found;
}

// The row of an address, or a new one.
Members::Entry Members::enter(const Address& address, Right right, Moment now) {
  if (MemberRow* const known = find(address)) return {known};
  unsigned of_host = 0;
  unsigned by_cookie = 0;
  MemberRow* free = nullptr;
  for (MemberRow& row : room_.members) {
    if (row.right == Right::none) {
      if (free == nullptr) free = &row;
    } else if (row.right != Right::configured) {
      if (row.address.network() == address.network()) ++of_host;
      if (row.right == Right::cookie) ++by_cookie;
    }
  }
  if (right != Right::configured && of_host >= most_of_one_host) return {nullptr, Reason::too_many};
  if (free == nullptr || (right == Right::cookie && by_cookie >= most_by_cookie))
    return {nullptr, Reason::full};
  free->address = address;
  free->proved = 0;
  free->since = now;
  free->cookie_at = 0;
  free->announced_at = 0;
  free->announced = Right::none;
  for (shm::Counter* counter :
       {&free->received, &free->received_bytes, &free->sent, &free->sent_bytes})
    counter->set(0);
  for (shm::Counter& counter : free->rejected)
    counter.set(0);
  return {free};
}

// What it is by now; true if that is something else than it was.
bool Members::settle(MemberRow& row, Moment now) {
  if (row.right == Right::configured) return false;
  Right right = Right::none;
  if (lasts(row.cookie_at, now)) right = Right::cookie;
  if (lasts(row.announced_at, now)) right = std::max(right, row.announced);
  if (right == row.right) return false;
  row.right = right;
  room_.generation.fetch_add(1);
  return true;
}

void Members::configure(const std::vector<Address>& configured, Moment now) {
  const auto held = lock();
  for (MemberRow& row : room_.members) {
    if (row.right != Right::configured) continue;
    if (std::find(configured.begin(), configured.end(), row.address) != configured.end()) continue;
    row.announced = Right::trusted;
    row.announced_at = now;
    row.right = Right::trusted;
  }
  for (const Address& address : configured) {
    if (find(address) == nullptr) make_room();
    MemberRow* const row = enter(address, Right::configured, now).row;
    if (row != nullptr) row->right = Right::configured;
  }
  room_.generation.fetch_add(1);
}

void Members::make_room() {
  const auto by_right = [](const MemberRow& a, const MemberRow& b) { return a.right < b.right; };
  auto& smallest = *std::min_element(room_.members.begin(), room_.members.end(), by_right);
  const bool is_full = smallest.right != Right::none;
  if (is_full && smallest.right != Right::configured) remove(smallest);
}

std::optional<Reason> Members::returned_cookie(const Address& address, Moment now) {
  {
    const auto held = lock();
    const auto [row, reason] = enter(address, Right::cookie, now);
    if (row == nullptr) return reason;
    row->cookie_at = now;
    row->proved = 1;
    const bool is_new = row->right == Right::none;
    settle(*row, now);
    if (!is_new) return std::nullopt;
    room_.counters.joined.add();
  }
  tell("repeater.joined", address, Right::cookie);
  return std::nullopt;
}

std::optional<Reason> Members::announced(const Address& address, Right right, bool proved,
                                         Moment now) {
  Right before = Right::none;
  {
    const auto held = lock();
    const auto [row, reason] = enter(address, right, now);
    if (row == nullptr) return reason;
    before = row->right;
    if (before == Right::configured) return std::nullopt;
    // While a larger right lasts, a smaller one does not take its place.
    if (lasts(row->announced_at, now) && row->announced > right) return std::nullopt;
    row->announced = right;
    row->announced_at = now;
    if (proved) row->proved = 1;
    settle(*row, now);
    if (before == Right::none) room_.counters.joined.add();
  }
  if (before < right) tell("repeater.joined", address, right);
  return std::nullopt;
}

void Members::remove(MemberRow& row) {
  row.right = Right::none;
  room_.generation.fetch_add(1);
  room_.counters.left.add();
}

void Members::leave(const Address& address, Proof proof) {
  {
    const auto held = lock();
    MemberRow* const row = find(address);
    if (row == nullptr || row->right == Right::configured) return;
    if (proof == Proof::none && row->proved != 0) return;
    remove(*row);
  }
  tell("repeater.left", address, Right::none);
}

bool Members::note_stamp(std::uint64_t node, bool leaves, std::uint64_t unix) {
  const auto held = lock();
  if (!room_.stamps.is_new(node, leaves, unix)) return false;
  room_.stamps.note(node, leaves, unix);
  return true;
}

void Members::sweep(Moment now) {
  std::vector<Address> gone;
  {
    const auto held = lock();
    for (MemberRow& row : room_.members) {
      if (row.right == Right::none || !settle(row, now) || row.right != Right::none) continue;
      room_.counters.left.add();
      gone.push_back(row.address);
    }
  }
  for (const Address& address : gone)
    tell("repeater.silent", address, Right::none);
  if (const std::uint64_t lines = lines_.left_out()) {
    log::event(log::Level::warning, "repeater.lines_left_out", {{"lines", std::to_string(lines)}});
  }
}

void Members::tell(const char* event, const Address& address, Right right) {
  if (!lines_.allow()) return;
  const std::string member = address.endpoint().text();
  if (right == Right::none) {
    log::event(log::Level::info, event, {{"member", member}});
  } else {
    log::event(log::Level::info, event, {{"member", member}, {"by", name_of(right)}});
  }
}

std::vector<Members::State> Members::snapshot() const {
  std::vector<State> all;
  const auto held = lock();
  for (const MemberRow& row : room_.members) {
    if (row.right == Right::none) continue;
    all.push_back({row.address, row.right, row.proved != 0, row.since,
                   std::max(row.cookie_at, row.announced_at), &row});
  }
  return all;
}

}  // namespace reprise::repeater
