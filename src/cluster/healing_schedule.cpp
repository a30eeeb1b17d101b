// When members ask each other for what they lack.
#include <algorithm>

#include "cluster/healing.hpp"
#include "cluster/random.hpp"

namespace reprise::cluster {
namespace {

constexpr Moment between_comparisons = 1000;
constexpr Moment longest_confusion = 1200;
constexpr Moment longest_asking = 5000;
constexpr Moment hellos_to_miss = 3;  // older ones say nothing of now
constexpr Moment shortest_rest = 1000;
constexpr Moment rest_of_few = 4000;
constexpr Moment rest_of_many = 60'000;
constexpr std::size_t few = 50'000;

constexpr Moment patience_of_a_fill = 500;
constexpr unsigned asks_of_a_fill = 3;
constexpr Moment longest_fill = 600'000;
constexpr Moment time_to_begin_to_fill = 10'000;

constexpr Moment longest_leave = 1000;
constexpr Moment quiet = 250;

}  // namespace

void Healing::tick(Moment now) {
  if (!began_) {
    began_ = now;
    set(FillState::none);
  }
  const std::optional<std::uint64_t> own = root();
  for (Peer* const peer : peers_.live()) {
    if (peer->gaps.is_open()) ask_for_lost(*peer, now);
    if (!peer->hello.root || *peer->hello.root != own) {
      if (!peer->differs_since) peer->differs_since = now;
      continue;
    }
    // Whoever has the same sessions has missed nothing.
    peer->differs_since.reset();
    peer->gaps.nothing_is_missing();
  }
  if (left_) return;
  if (filling_ != FillState::over) go_on_filling(now);
  if (filling_ != FillState::under_way) compare_with_somebody(now);
}

void Healing::ask_for_lost(Peer& peer, Moment now) {
  Gaps::Due due = peer.gaps.due(now);
  counters_.lost.add(due.lost);
  counters_.given_up.add(due.given_up);
  if (due.ranges.empty()) return;
  message_.clear();
  append(message_, Lost{std::move(due.ranges)});
  speaker_.say(peer, seal::Kind::control, message_);
}

// With one at a time: a round makes two have the same, so all have it after a few. What one of them
// has asked for again, or was told a moment ago, is no difference yet.
void Healing::compare_with_somebody(Moment now) {
  if (now < next_comparison_ || is_at_work() || !root()) return;
  next_comparison_ = now + between_comparisons * 9 / 10 + random_below(between_comparisons / 5);
  std::vector<Peer*> others = peers_.live();
  std::erase_if(others, [&](const Peer* other) {
    const bool differs = other->differs_since && now - *other->differs_since >= longest_confusion;
    // Where something is always missing, all else would never be found.
    const bool is_asking = other->gaps.is_open() && now - *other->differs_since < longest_asking;
    const bool nothing_to_move = other->hello.full && contents_.is_full();
    return !says_now(*other, now) || !differs || nothing_to_move || is_asking ||
           now < other->compare_after;
  });
  if (!others.empty()) begin_comparing(*others[random_below(others.size())], now);
}

void Healing::begin_comparing(Peer& with, Moment now) {
  if (Peer* const last = compared_with_ ? peers_.find(*compared_with_) : nullptr) {
    const bool in_vain = moved_ == moved_then_;
    last->compare_rest =
        in_vain ? std::clamp(last->compare_rest * 2, shortest_rest, longest_rest()) : Moment{0};
    last->compare_after = now + last->compare_rest;
  }
  compared_with_ = with.name;
  moved_then_ = moved_;
  counters_.comparisons.add();
  message_.clear();
  append(message_, Digest{std::nullopt, contents_.holdings().bucket_sums()});
  speaker_.say(with, seal::Kind::control, message_);
}

// Some differences stay: sessions near their end, such as no datagram holds, and those of a cache
// that has no room. The more there is to list, the rarer it is.
Moment Healing::longest_rest() const {
  const std::size_t sessions = contents_.holdings().size();
  return std::clamp<Moment>(rest_of_few * sessions / few, rest_of_few, rest_of_many);
}

// What its last hello says of its sessions is so now.
bool Healing::says_now(const Peer& peer, Moment now) const {
  const bool is_new = now - peer.hello_heard < hellos_to_miss * peers_.between_hellos();
  return peer.hello.root && is_new;
}

// The member that has most, and more than this one by enough to be worth it.
Peer* Healing::fullest(Moment now) {
  const std::uint64_t here = contents_.items();
  std::uint64_t most = here + here / 8 + 16;
  Peer* best = nullptr;
  for (Peer* const peer : peers_.live()) {
    const bool was_silent = std::find(silent_.begin(), silent_.end(), peer->name) != silent_.end();
    const bool can_give = says_now(*peer, now) && !peer->hello.leaving && !was_silent;
    if (peer->hello.items < most || !can_give) continue;
    most = peer->hello.items;
    best = peer;
  }
  return best;
}

void Healing::go_on_filling(Moment now) {
  const bool too_long = filling_ == FillState::under_way && now - fill_began_ > longest_fill;
  if (contents_.is_full() || too_long) return set(FillState::over);
  if (filling_ == FillState::none) {
    Peer* const best = fullest(now);
    if (best == nullptr) {
      if (now - *began_ > time_to_begin_to_fill) set(FillState::over);
      return;
    }
    set(FillState::under_way);
    fill_began_ = now;
    return ask_to_fill(*best, now);
  }
  Peer* giver = filled_by_ ? peers_.find(*filled_by_) : nullptr;
  if (giver != nullptr && now - filled_ < patience_of_a_fill) return;
  if (giver == nullptr || fill_asks_ >= asks_of_a_fill) {
    if (giver != nullptr) silent_.push_back(giver->name);
    giver = fullest(now);
    fill_asks_ = 0;
    // Where one second of theirs ends is where it does for all.
    fill_cursor_ &= ~std::uint64_t{0xffffffff};
  }
  if (giver == nullptr) return set(FillState::over);
  ask_to_fill(*giver, now);
}

void Healing::set(FillState to) {
  filling_ = to;
  counters_.filling.set(static_cast<std::uint64_t>(to));
}

void Healing::ask_to_fill(Peer& from, Moment now) {
  filled_by_ = from.name;
  filled_ = now;
  ++fill_asks_;
  message_.clear();
  append(message_, Fill{fill_cursor_, datagrams_of_a_step});
  speaker_.say(from, seal::Kind::control, message_);
}

Healing::Outcome Healing::hear_fill_end(Peer& peer, Bytes body, Moment now) {
  const auto told = read_fill_end(body);
  if (!told) return sync::Rejection::malformed;
  if (filling_ != FillState::under_way || filled_by_ != peer.name) return std::nullopt;
  // An answer that came twice, or goes back.
  const bool goes_on = told->cursor == 0 || fill_cursor_ == 0 ||
                       (told->cursor != fill_cursor_ && told->cursor >> 32 <= fill_cursor_ >> 32);
  if (!goes_on) return std::nullopt;
  fill_asks_ = 0;
  if (told->cursor == 0) {
    set(FillState::over);
    return std::nullopt;
  }
  fill_cursor_ = told->cursor;
  if (contents_.is_full()) return std::nullopt;  // the next tick ends it
  ask_to_fill(peer, now);
  return std::nullopt;
}

// Whoever has most is likeliest to have room, and to stay. One that has only just come may not have
// said yet what it has.
void Healing::leave(Moment now) {
  left_ = now;
  active_ = now;
  std::vector<Peer*> others = peers_.live();
  std::erase_if(others, [&](const Peer* peer) {
    const bool fell_silent = peer->hello_heard != 0 && !says_now(*peer, now);
    return fell_silent || peer->hello.leaving || peer->hello.full;
  });
  const auto most = std::max_element(
      others.begin(), others.end(),
      [](const Peer* a, const Peer* b) { return a->hello.items < b->hello.items; });
  const Holdings& holdings = contents_.holdings();
  const bool has_all =
      most != others.end() && (*most)->hello.root == holdings.root() && holdings.all_count();
  if (most == others.end() || !root() || has_all) {
    left_ = now - longest_leave;
    return;
  }
  contents_.count_all();
  begin_comparing(**most, now);
}

bool Healing::has_left(Moment now) const {
  if (!left_ || now - *left_ >= longest_leave) return true;
  return !is_at_work() && now - active_ >= quiet;
}

}  // namespace reprise::cluster
