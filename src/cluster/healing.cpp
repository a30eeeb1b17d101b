#include "cluster/healing.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/wipe.hpp"

namespace reprise::cluster {
namespace {

constexpr Moment between_digests_heard = 500;
constexpr std::uint64_t most_lost_at_once = 2048;

// Of a fill, at a time, and until others have their turn.
constexpr std::size_t ids_at_once = 8;
constexpr std::size_t most_looked_at = 2048;

}  // namespace

Healing::Healing(Contents& contents, Peers& peers, Speaker& speaker, Counters& counters)
    : contents_(contents), peers_(peers), speaker_(speaker), counters_(counters) {
  // What outgrows its memory leaves a copy there.
  batch_.reserve(sync::largest_datagram);
  message_.reserve(sync::largest_datagram);
}

Healing::Outcome Healing::hear(Peer& peer, const Message& message, Moment now) {
  active_ = now;
  switch (message.type) {
    case Type::lost:
      return hear_lost(peer, message.body, now);
    case Type::settled:
      return hear_settled(peer, message.body);
    case Type::digest:
      return hear_digest(peer, message.body, now);
    case Type::listing:
      return hear_listing(peer, message.body, now);
    case Type::wanted:
      return hear_wanted(peer, message.body, now);
    case Type::erased:
      return hear_erased(message.body, now);
    case Type::fill:
      return hear_fill(peer, message.body, now);
    case Type::fill_end:
      return hear_fill_end(peer, message.body, now);
    default:  // of a later version
      return std::nullopt;
  }
}

void Healing::taken() {
  ++moved_;
  counters_.gained.add();
}

void Healing::refused_as_erased(const Peer& peer, Bytes id, Moment now) {
  jobs_.add({Job::What::say_erased, peer.name, fingerprint_of(id)}, now);
}

std::optional<std::uint64_t> Healing::root() const {
  const bool has_sessions = contents_.longest().count() > 0;  // there is TLS here
  if (!has_sessions || !contents_.is_known() || filling_ == FillState::under_way)
    return std::nullopt;
  return contents_.holdings().root();
}

// What there is no room for among the jobs, here and below, is asked for again, or found when
// caches are compared.
Healing::Outcome Healing::hear_lost(Peer& peer, Bytes body, Moment now) {
  const auto told = read_lost(body);
  if (!told) return sync::Rejection::malformed;
  if (!lost_heard_.allow(now)) return sync::Rejection::shed;
  std::uint64_t count = 0;
  for (const PushRange& range : told->ranges)
    for (std::uint64_t i = 0; i < range.count && count < most_lost_at_once; ++i, ++count)
      jobs_.add({Job::What::repair, peer.name, range.first + i}, now);
  return std::nullopt;
}

Healing::Outcome Healing::hear_settled(Peer& peer, Bytes body) {
  const auto told = read_settled(body);
  if (!told) return sync::Rejection::malformed;
  const auto end = told->gone ? Gaps::End::gone : Gaps::End::repaired;
  if (peer.gaps.ended(told->push, end)) (told->gone ? counters_.gone : counters_.repaired).add();
  return std::nullopt;
}

// The sums over all are answered with those of the buckets that differ, these with lists.
Healing::Outcome Healing::hear_digest(Peer& peer, Bytes body, Moment now) {
  const auto told = read_digest(body);
  if (!told) return sync::Rejection::malformed;
  if (!root()) return std::nullopt;
  const Holdings& holdings = contents_.holdings();
  if (told->bucket) {
    const Holdings::Sums mine = holdings.leaf_sums(*told->bucket);
    for (unsigned i = 0; i < mine.size(); ++i)
      if (mine[i] != told->sums[i])
        jobs_.add({Job::What::list, peer.name, *told->bucket * Holdings::leaves_of_bucket + i},
                  now);
  } else if (peer.hello.leaving || peer.compared.allow(now, between_digests_heard)) {
    const Holdings::Sums& mine = holdings.bucket_sums();
    for (unsigned i = 0; i < mine.size(); ++i)
      if (mine[i] != told->sums[i]) jobs_.add({Job::What::compare, peer.name, i}, now);
  }
  return std::nullopt;
}

// Whatever one of the two has and the other has not is given, or asked for.
Healing::Outcome Healing::hear_listing(Peer& peer, Bytes body, Moment now) {
  const auto told = read_listing(body);
  if (!told) return sync::Rejection::malformed;
  contents_.holdings().list(told->leaf, mine_);
  const auto first = std::lower_bound(mine_.begin(), mine_.end(), told->from);
  const auto last = std::upper_bound(first, mine_.end(), told->to);
  std::vector<Fingerprint> differ;
  if (!peer.hello.full) {
    std::set_difference(first, last, told->all.begin(), told->all.end(),
                        std::back_inserter(differ));
    for (const Fingerprint one : differ)
      jobs_.add({Job::What::give, peer.name, one}, now);
  }
  differ.clear();
  std::set_difference(told->all.begin(), told->all.end(), first, last, std::back_inserter(differ));
  Fingerprints wanted;
  Fingerprints erased;
  for (const Fingerprint one : differ) {
    if (contents_.holdings().find(one)) continue;  // new here, or near its end
    if (contents_.was_erased(one, now)) {
      erased.all.push_back(one);
    } else if (!contents_.is_full()) {
      wanted.all.push_back(one);
    }
  }
  wipe(message_);
  if (!wanted.all.empty()) append_wanted(message_, wanted);
  if (!erased.all.empty()) append_erased(message_, erased);
  if (!message_.empty()) speaker_.say(peer, seal::Kind::control, message_);
  return std::nullopt;
}

Healing::Outcome Healing::hear_wanted(Peer& peer, Bytes body, Moment now) {
  const auto told = read_fingerprints(body);
  if (!told) return sync::Rejection::malformed;
  for (const Fingerprint one : told->all)
    jobs_.add({Job::What::give, peer.name, one}, now);
  return std::nullopt;
}

Healing::Outcome Healing::hear_erased(Bytes body, Moment now) {
  const auto told = read_fingerprints(body);
  if (!told) return sync::Rejection::malformed;
  for (const Fingerprint one : told->all)
    contents_.take_erased(one, now);
  return std::nullopt;
}

Healing::Outcome Healing::hear_fill(Peer& peer, Bytes body, Moment now) {
  const auto told = read_fill(body);
  if (!told) return sync::Rejection::malformed;
  const auto most = static_cast<std::uint8_t>(datagrams_of_a_step);
  jobs_.add({Job::What::fill, peer.name, told->cursor, std::min(told->datagrams, most)}, now);
  return std::nullopt;
}

std::size_t Healing::step(Moment now) {
  sent_ = 0;
  sent_bytes_ = 0;
  wipe(batch_);  // of a step that failed
  batch_to_ = nullptr;
  for (unsigned done = 0; sent_ < datagrams_of_a_step && done < jobs_of_a_step; ++done) {
    const auto job = jobs_.next(now);
    if (!job) break;
    Peer* const to = peers_.find(job->to);
    if (to == nullptr || !to->is_live) continue;
    active_ = now;
    work(*job, *to, now);
  }
  flush();
  wipe(message_);
  return sent_bytes_;
}

void Healing::work(const Job& job, Peer& to, Moment now) {
  switch (job.what) {
    case Job::What::repair:
      return repair(to, job.number, now);
    case Job::What::compare:
      return compare(to, static_cast<unsigned>(job.number));
    case Job::What::list:
      return list(to, static_cast<unsigned>(job.number));
    case Job::What::give:
      if (const auto id = contents_.holdings().find(job.number)) give(to, *id);
      return;
    case Job::What::say_erased:
      wipe(message_);
      append_erased(message_, {{job.number}});
      return put(to, seal::Kind::control, message_);
    case Job::What::fill:
      return fill(to, job);
  }
}

// What is there now of what a push told, and last that this was all: what of it is lost again is
// found when caches are compared.
void Healing::repair(Peer& to, std::uint64_t push, Moment now) {
  const auto tell = [&](Bytes key, bool erased) {
    wipe(message_);
    const auto what = contents_.describe(key, message_);
    if (what == Contents::Described::gone && erased) contents_.describe_erased(key, message_, now);
    if (!message_.empty()) put(to, seal::Kind::bulk, message_);
  };
  const bool is_known = pushes_.show(push, tell);
  wipe(message_);
  append(message_, Settled{push, !is_known});
  put(to, seal::Kind::bulk, message_);
}

void Healing::compare(Peer& to, unsigned bucket) {
  wipe(message_);
  append(message_,
         Digest{static_cast<std::uint8_t>(bucket), contents_.holdings().leaf_sums(bucket)});
  put(to, seal::Kind::control, message_);
}

// Lists follow each other without a gap from the first to the last that a leaf may have.
void Healing::list(Peer& to, unsigned leaf) {
  contents_.holdings().list(leaf, mine_);
  const Fingerprint last = (Fingerprint{leaf + 1} << Holdings::leaf_shift) - 1;
  Listing listing;
  listing.leaf = static_cast<std::uint16_t>(leaf);
  listing.from = Fingerprint{leaf} << Holdings::leaf_shift;
  auto at = mine_.begin();
  do {
    const auto rest = static_cast<std::size_t>(mine_.end() - at);
    const auto end = at + static_cast<std::ptrdiff_t>(std::min(rest, Listing::most));
    listing.all.assign(at, end);
    listing.to = end == mine_.end() ? last : listing.all.back();
    wipe(message_);
    append(message_, listing);
    put(to, seal::Kind::control, message_);
    listing.from = listing.to + 1;
    at = end;
  } while (at != mine_.end());
}

// False if it is not here any more, or too large for a datagram.
bool Healing::give(Peer& to, const seal::SessionName& id) {
  wipe(message_);
  contents_.describe(bytes_of(id), message_);
  if (message_.empty()) return false;
  put(to, seal::Kind::bulk, message_);
  counters_.given.add();
  return true;
}

void Healing::fill(Peer& to, const Job& job) {
  std::uint64_t cursor = job.number;
  const unsigned until = sent_ + job.datagrams;
  std::size_t looked = 0;
  do {
    ids_.clear();
    cursor = contents_.holdings().newest(cursor, ids_at_once, ids_);
    for (const seal::SessionName& id : ids_)
      give(to, id);
    looked += ids_.size();
  } while (cursor != 0 && sent_ < until && looked < most_looked_at);
  wipe(message_);
  append(message_, FillEnd{cursor});
  put(to, seal::Kind::bulk, message_);
}

// What does not fit the batch that there is, or is for somebody else, begins another.
void Healing::put(Peer& to, seal::Kind kind, Bytes message) {
  const bool fits =
      batch_to_ == &to && batch_kind_ == kind && batch_.size() + message.size() <= largest_batch;
  if (!fits) flush();
  batch_to_ = &to;
  batch_kind_ = kind;
  batch_.append(message);
}

void Healing::flush() {
  const Peer* const to = std::exchange(batch_to_, nullptr);
  if (!batch_.empty()) {
    speaker_.say(*to, batch_kind_, batch_);
    ++sent_;
    sent_bytes_ += batch_.size() + seal::overhead + preamble_size;
  }
  wipe(batch_);
}

}  // namespace reprise::cluster
