#include "cluster/peers.hpp"

#include <algorithm>
#include <cstring>

namespace reprise::cluster {
namespace {

constexpr Micros millisecond = 1000;
constexpr Micros shortest_rest = 1'000 * millisecond;
constexpr Micros longest_rest = 16'000 * millisecond;
constexpr unsigned patience = 3;
constexpr Moment longest_leave = 5000;

}  // namespace

void Responsiveness::answered(Micros took) {
  is_there();
  if (smoothed_ == 0) {
    smoothed_ = std::max<Micros>(took, 1);
    spread_ = took / 2;
    return;
  }
  const Micros apart = took > smoothed_ ? took - smoothed_ : smoothed_ - took;
  spread_ = (3 * spread_ + apart) / 4;
  smoothed_ = std::max<Micros>((7 * smoothed_ + took) / 8, 1);
}

void Responsiveness::was_silent(Micros now) {
  if (++silent_ < patience) return;
  rest_ = std::clamp(2 * rest_, shortest_rest, longest_rest);
  alone_until_ = now + rest_;
}

Micros Responsiveness::overdue_after() const {
  if (smoothed_ == 0) return 1000 * millisecond;
  return std::max(millisecond, smoothed_ + 4 * spread_);
}

std::size_t Peers::Hash::operator()(const seal::SenderName& name) const {
  std::size_t hash = 0;  // names are random
  std::memcpy(&hash, name.data(), sizeof hash);
  return hash;
}

Peer* Peers::find(const seal::SenderName& name) {
  const auto found = table_.find(name);
  return found == table_.end() ? nullptr : found->second.get();
}

// The one of its kind that was silent for longest goes.
void Peers::make_room(bool live) {
  auto longest = table_.end();
  for (auto at = table_.begin(); at != table_.end(); ++at) {
    if (at->second->is_live != live) continue;
    if (longest == table_.end() || at->second->heard < longest->second->heard) longest = at;
  }
  if (longest != table_.end()) drop(longest);
}

Peers::Table::iterator Peers::drop(Table::iterator peer) {
  if (peer->second->is_live) std::erase(live_, peer->second.get());
  return table_.erase(peer);
}

Peer& Peers::add(std::unique_ptr<Peer> peer, Moment now) {
  if (table_.size() - live_.size() >= most_heard) make_room(/*live=*/false);
  peer->heard = now;
  Peer& added = *peer;
  table_[added.name] = std::move(peer);
  return added;
}

void Peers::introduce(Peer& peer) {
  if (peer.is_live) return;
  if (live_.size() >= most - most_heard) make_room(/*live=*/true);
  peer.is_live = true;
  live_.push_back(&peer);
}

std::vector<const Peer*> Peers::heard() const {
  std::vector<const Peer*> peers;
  for (const auto& [name, peer] : table_)
    if (!peer->is_live) peers.push_back(peer.get());
  return peers;
}

void Peers::remove(const seal::SenderName& name) {
  const auto found = table_.find(name);
  if (found != table_.end()) drop(found);
}

void Peers::age(Moment now) {
  for (auto at = table_.begin(); at != table_.end();) {
    // That it is gone may have been lost, after that it will go.
    const Moment longest = at->second->hello.leaving ? longest_leave : longest_silence;
    const bool stays = now - at->second->heard < longest;
    at = stays ? std::next(at) : drop(at);
  }
}

void Peers::clear() {
  table_.clear();
  live_.clear();
}

}  // namespace reprise::cluster
