#include "cluster/holdings.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace reprise::cluster {
namespace {

constexpr Moment too_young = 1000;
constexpr UnixSeconds too_old = 5;  // seconds before the end
constexpr std::uint32_t never_ends = 0xffffffff;

// The places of the table stand for ids that begin alike, so that a leaf is a range of them.
constexpr unsigned fewest_bits = 14;
constexpr unsigned most_bits = 22;

std::uint32_t second_of(UnixSeconds ends) {
  return ends == 0 ? never_ends
                   : static_cast<std::uint32_t>(std::min<UnixSeconds>(ends, never_ends - 1));
}

}  // namespace

Holdings::Holdings(std::size_t most)
    : bits_(std::clamp(static_cast<unsigned>(std::bit_width(most)), fewest_bits, most_bits)),
      most_(std::clamp<std::size_t>(most, 1, never_ends - 1)),
      table_(std::size_t{1} << bits_),
      leaf_sums_(leaves) {}

Holdings::Handle Holdings::handle_of(Fingerprint fingerprint) const {
  Handle handle = table_[place_of(fingerprint)];
  while (handle != 0 && fingerprint_of(entry(handle).id) != fingerprint)
    handle = entry(handle).next;
  return handle;
}

void Holdings::add(Bytes id, UnixSeconds ends, Moment now, bool old) {
  const Fingerprint fingerprint = fingerprint_of(id);
  if (const Handle known = handle_of(fingerprint); known != 0) {
    if (entry(known).ends == second_of(ends)) return;
    remove(known);
  }
  if (size_ >= most_) remove(by_end_.begin()->second);
  Handle handle = free_;
  if (handle == 0) {
    entries_.emplace_back();
    handle = static_cast<Handle>(entries_.size());
  } else {
    free_ = entry(handle).next;
  }
  // What may fail for want of memory comes before anything is linked.
  if (!old) fresh_.emplace_back(now, fingerprint);
  Handle& first = by_end_[second_of(ends)];
  Entry& made = entry(handle);
  std::copy_n(id.begin(), made.id.size(), made.id.begin());
  made.ends = second_of(ends);
  made.state = State::fresh;
  if (old) count(made, made.ends <= ended_ ? State::ending : State::counted);
  made.next = std::exchange(table_[place_of(fingerprint)], handle);
  made.later = 0;
  made.sooner = std::exchange(first, handle);
  if (made.sooner != 0) entry(made.sooner).later = handle;
  ++size_;
}

void Holdings::remove(Bytes id) {
  remove(fingerprint_of(id));
}

void Holdings::remove(Fingerprint fingerprint) {
  if (const Handle handle = handle_of(fingerprint); handle != 0) remove(handle);
}

void Holdings::remove(Handle handle) {
  Entry& gone = entry(handle);
  count(gone, State::free);
  Handle* link = &table_[place_of(fingerprint_of(gone.id))];
  while (*link != handle)
    link = &entry(*link).next;
  *link = gone.next;
  if (gone.sooner != 0) entry(gone.sooner).later = gone.later;
  if (gone.later != 0) {
    entry(gone.later).sooner = gone.sooner;
  } else if (gone.sooner != 0) {
    by_end_[gone.ends] = gone.sooner;
  } else {
    by_end_.erase(gone.ends);
  }
  gone.next = std::exchange(free_, handle);
  --size_;
}

// Into a state, and into the sums or out of them.
void Holdings::count(Entry& entry, State state) {
  if ((entry.state == State::counted) != (state == State::counted)) {
    const Fingerprint fingerprint = fingerprint_of(entry.id);
    const unsigned leaf = leaf_of(fingerprint);
    bucket_sums_[leaf / leaves_of_bucket] ^= mixed(fingerprint);
    leaf_sums_[leaf] ^= mixed(fingerprint);
  }
  entry.state = state;
}

void Holdings::tick(Moment now, UnixSeconds wall) {
  while (!by_end_.empty() && by_end_.begin()->first <= wall)
    remove(by_end_.begin()->second);
  const std::uint32_t last = second_of(wall + too_old);
  for (auto second = by_end_.begin(); second != by_end_.end() && second->first < last; ++second) {
    if (second->first < ended_) continue;
    for (Handle handle = second->second; handle != 0; handle = entry(handle).sooner)
      count(entry(handle), State::ending);
  }
  // Of the last of these seconds there may be more to come: they are gone through once more.
  ended_ = last == 0 ? 0 : last - 1;
  for (; !fresh_.empty() && now - fresh_.front().first >= too_young; fresh_.pop_front()) {
    const Handle handle = handle_of(fresh_.front().second);
    if (handle == 0 || entry(handle).state != State::fresh) continue;
    count(entry(handle), entry(handle).ends < last ? State::ending : State::counted);
  }
}

void Holdings::count_all() {
  for (const auto& [since, fingerprint] : fresh_) {
    const Handle handle = handle_of(fingerprint);
    if (handle != 0 && entry(handle).state == State::fresh) count(entry(handle), State::counted);
  }
  fresh_.clear();
}

std::uint64_t Holdings::root() const {
  std::uint64_t root = 0;
  for (const std::uint64_t sum : bucket_sums_)
    root = mixed(root + sum);
  return root;
}

Holdings::Sums Holdings::leaf_sums(unsigned bucket) const {
  Sums sums{};
  std::copy_n(leaf_sums_.begin() + bucket * leaves_of_bucket, leaves_of_bucket, sums.begin());
  return sums;
}

void Holdings::list(unsigned leaf, std::vector<Fingerprint>& into) const {
  into.clear();
  const std::size_t places = table_.size() / leaves;
  for (std::size_t place = leaf * places; place < (leaf + 1) * places; ++place)
    for (Handle handle = table_[place]; handle != 0; handle = entry(handle).next)
      if (entry(handle).state == State::counted) into.push_back(fingerprint_of(entry(handle).id));
  std::sort(into.begin(), into.end());
}

std::optional<seal::SessionName> Holdings::find(Fingerprint fingerprint) const {
  const Handle handle = handle_of(fingerprint);
  if (handle == 0) return std::nullopt;
  return entry(handle).id;
}

// A cursor is a second, and the session of it that was shown last; if that one has gone meanwhile,
// the second is shown again.
std::uint64_t Holdings::newest(std::uint64_t cursor, std::size_t most,
                               std::vector<seal::SessionName>& into) const {
  const auto second = static_cast<std::uint32_t>(cursor >> 32);
  const auto shown = static_cast<Handle>(cursor & 0xffffffff);
  auto at = by_end_.end();
  Handle handle = 0;
  if (cursor != 0) {
    at = by_end_.upper_bound(second);
    const bool is_there = shown != 0 && shown <= entries_.size() &&
                          entry(shown).state != State::free && entry(shown).ends == second;
    if (is_there) {
      handle = entry(shown).sooner;
      at = by_end_.lower_bound(second);
    }
  }
  std::uint64_t next = 0;
  while (into.size() < most) {
    if (handle == 0) {
      if (at == by_end_.begin()) return 0;
      --at;
      handle = at->second;
    }
    into.push_back(entry(handle).id);
    next = std::uint64_t{entry(handle).ends} << 32 | handle;
    handle = entry(handle).sooner;
  }
  return next;
}

std::uint32_t Holdings::some(std::uint32_t from, std::size_t most,
                             std::vector<seal::SessionName>& into) const {
  const auto all = static_cast<std::uint32_t>(entries_.size());
  if (from >= all) from = 0;
  const auto end = static_cast<std::uint32_t>(std::min<std::size_t>(all, from + most));
  for (; from < end; ++from)
    if (entries_[from].state != State::free) into.push_back(entries_[from].id);
  return from;
}

}  // namespace reprise::cluster
