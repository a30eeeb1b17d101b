#include "cluster/pulls.hpp"

#include <algorithm>
#include <cstring>

#include <openssl/rand.h>

namespace reprise::cluster {
namespace {

constexpr Micros second = 1'000'000;
constexpr Micros how_long_absent = second;
constexpr Micros how_long_late = 2 * second;
constexpr std::size_t most_in_vain = 8192;
constexpr std::size_t most_homes = 2;  // of one number, while they settle whose it is
constexpr std::size_t most_deputies = 2;

// What is asked at each stage: the home, the home again, a deputy, everybody who has not answered.
constexpr unsigned first_deputy = 2, everybody = 3, none_left = 4;

std::string text(const seal::SessionName& id) {
  return {reinterpret_cast<const char*>(id.data()), id.size()};
}

std::uint64_t number_of(const unsigned char* bytes) {
  std::uint64_t number = 0;
  std::memcpy(&number, bytes, sizeof number);
  return number;
}

// Rendezvous hashing: who is next to be asked for an id after its home is the same to all members,
// and another for another id.
std::uint64_t rank(const seal::SessionName& id, std::uint16_t node) {
  std::uint64_t x = number_of(id.data()) ^ node * 0x9e3779b97f4a7c15u;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
  x = (x ^ x >> 27) * 0x94d049bb133111ebu;
  return x ^ x >> 31;
}

}  // namespace

void Pulls::begin(const PullBoard::Ticket& ticket, const seal::SessionName& id, std::uint16_t home,
                  std::uint16_t here, Micros now) {
  const Key key = text(id);
  if (const auto same = running_.find(key); same != running_.end()) {
    same->second.waiting.push_back(ticket);
    return;
  }
  const auto vain = vain_.find(key);
  if (vain != vain_.end() && now - vain->second.at < how_long_absent) {
    searcher_.decided(ticket, vain->second.end);
    return;
  }
  const auto of_home = homes_.find(home);
  const bool is_busy = of_home != homes_.end() && of_home->second >= most_of_one_home;
  Search search;
  search.id = id;
  search.waiting = {ticket};
  search.home = home;
  search.begun = now;
  const bool may = running_.size() < most && !is_busy && begun_.allow(now / 1000) &&
                   ::RAND_bytes(search.token.data(), static_cast<int>(search.token.size())) == 1;
  if (!may) {
    searcher_.decided(ticket, PullEnd::refused);
    return;
  }
  choose(search, here, now);
  if (search.homes.empty() && search.deputies.empty()) {
    searcher_.decided(ticket, PullEnd::unknown);
    return;
  }
  tokens_[number_of(search.token.data())] = key;
  ++homes_[home];
  ask_next(running_.emplace(key, std::move(search)).first->second, now);
}

// Its home, and those who are asked if that does not help.
void Pulls::choose(Search& search, std::uint16_t here, Micros now) {
  std::vector<std::pair<std::uint64_t, Peer*>> others;
  std::vector<Peer*> former;
  search.step = budget_ / 4;
  const auto add_home = [&](const Peer& peer) {
    if (search.homes.size() >= most_homes) return;
    search.homes.push_back({peer.name});
    search.step = std::min(search.step, peer.asked.overdue_after());
    search.home_lost_pushes |= peer.gaps.missing() > 0;
  };
  for (Peer* const peer : peers_.live()) {
    if (peer->asked.is_left_alone(now)) continue;
    if (peer->node == search.home) {
      if (search.home != here) add_home(*peer);
    } else if (peer->has_or_had(search.home)) {
      former.push_back(peer);
    } else if (!peer->hello.leaving) {
      others.emplace_back(rank(search.id, peer->node), peer);
    }
  }
  for (const Peer* const peer : former)
    add_home(*peer);
  const std::size_t count = std::min(others.size(), most_deputies);
  std::partial_sort(others.begin(), others.begin() + static_cast<std::ptrdiff_t>(count),
                    others.end(), std::greater<>());
  for (std::size_t i = 0; i < count; ++i)
    search.deputies.push_back({others[i].second->name});
  search.stage = search.homes.empty() ? first_deputy : 0;
}

void Pulls::ask(Search& search, Asked& whom, Micros now) {
  if (whom.answered) return;
  const Peer* const peer = peers_.find(whom.name);
  if (peer == nullptr) return;
  ++whom.times;
  whom.at = now;
  searcher_.ask(*peer, search.token,
                {reinterpret_cast<const char*>(search.id.data()), search.id.size()},
                search.stage > 0);
}

void Pulls::ask_next(Search& search, Micros now) {
  const bool has_deputy = !search.deputies.empty();
  if (search.stage < first_deputy || search.stage == everybody || !has_deputy) {
    for (Asked& home : search.homes)
      ask(search, home, now);
  }
  if (search.stage == first_deputy && has_deputy) ask(search, search.deputies.front(), now);
  if (search.stage == everybody) {
    for (Asked& deputy : search.deputies)
      ask(search, deputy, now);
  }
  ++search.stage;
  const Micros end = search.begun + budget_;
  const Micros wait = search.stage == everybody ? search.step * 3 / 2 : search.step;
  schedule(search, search.stage >= none_left ? end : std::min(end, now + wait));
}

void Pulls::schedule(Search& search, Micros at) {
  by_due_.erase({search.due, search.id});
  search.due = at;
  by_due_.emplace(search.due, search.id);
}

bool Pulls::expects(const AskToken& token, Bytes id) const {
  const auto key = tokens_.find(number_of(token.data()));
  return key != tokens_.end() && key->second == id;
}

Pulls::Running::iterator Pulls::by_token(const AskToken& token) {
  const auto key = tokens_.find(number_of(token.data()));
  return key == tokens_.end() ? running_.end() : running_.find(key->second);
}

Pulls::Asked* Pulls::asked(Search& search, const Peer& peer) {
  for (auto* const list : {&search.homes, &search.deputies}) {
    for (Asked& each : *list)
      if (each.name == peer.name && each.times > 0) return &each;
  }
  return nullptr;
}

Micros Pulls::found(Peer& peer, const AskToken& token, Micros now) {
  const auto search = by_token(token);
  if (search == running_.end()) return 0;
  const Asked* const from = asked(search->second, peer);
  // Which of two asks it answers to cannot be told.
  if (from != nullptr && from->times == 1) peer.asked.answered(now - from->at);
  const Micros took = now - search->second.begun;
  end(search, PullEnd::found, now);
  return took;
}

void Pulls::not_here(Peer& peer, const AskToken& token, NotHereReason reason, Micros now) {
  const auto at = by_token(token);
  if (at == running_.end()) return;
  Search& search = at->second;
  Asked* const from = asked(search, peer);
  if (from == nullptr || from->answered) return;
  from->answered = true;
  if (from->times == 1) peer.asked.answered(now - from->at);
  if (reason == NotHereReason::erased) return end(at, PullEnd::erased, now);
  if (reason == NotHereReason::expired) return end(at, PullEnd::expired, now);
  if (reason == NotHereReason::evicted) search.reason = PullEnd::evicted;
  const auto has_answered = [](const Asked& each) { return each.answered; };
  const bool homes = std::all_of(search.homes.begin(), search.homes.end(), has_answered);
  if (homes && std::all_of(search.deputies.begin(), search.deputies.end(), has_answered)) {
    return end(at, why_in_vain(search), now);
  }
  // Whoever is next is asked at once.
  const bool deputy_too = !search.deputies.empty() && search.deputies.front().answered;
  if (homes && search.stage <= first_deputy) {
    search.stage = first_deputy;
    ask_next(search, now);
  } else if (deputy_too && search.stage == everybody) {
    ask_next(search, now);
  }
}

bool Pulls::arrived(Bytes id, Micros now) {
  const Key key(id);
  if (const auto search = running_.find(key); search != running_.end()) {
    end(search, PullEnd::found, now);
    return true;
  }
  const auto vain = vain_.find(key);
  if (vain == vain_.end() || vain->second.arrived || now - vain->second.at > how_long_late)
    return false;
  vain->second.arrived = true;
  vain->second.at = 0;  // ask again if it is gone once more
  return true;
}

void Pulls::advance(Micros now) {
  std::vector<Key> due;
  for (auto next = by_due_.begin(); next != by_due_.end() && next->first <= now; ++next)
    due.push_back(text(next->second));
  for (const Key& key : due) {
    const auto search = running_.find(key);
    if (search->second.stage < none_left && now < search->second.begun + budget_) {
      ask_next(search->second, now);
    } else {
      end(search, why_in_vain(search->second), now);
    }
  }
}

std::optional<Micros> Pulls::next_due() const {
  if (by_due_.empty()) return std::nullopt;
  return by_due_.begin()->first;
}

PullEnd Pulls::why_in_vain(const Search& search) const {
  if (search.reason != PullEnd::unknown) return search.reason;
  const auto has_answered = [](const Asked& each) { return each.answered; };
  const bool home = std::any_of(search.homes.begin(), search.homes.end(), has_answered);
  const bool deputy = std::any_of(search.deputies.begin(), search.deputies.end(), has_answered);
  if (home) return PullEnd::unknown;
  if (search.home_lost_pushes) return PullEnd::lost;
  return deputy && search.homes.empty() ? PullEnd::unknown : PullEnd::timed_out;
}

void Pulls::end(Running::iterator at, PullEnd end, Micros now) {
  Search search = std::move(at->second);
  const Key key = at->first;
  running_.erase(at);
  by_due_.erase({search.due, search.id});
  tokens_.erase(number_of(search.token.data()));
  if (const auto home = homes_.find(search.home); --home->second == 0) homes_.erase(home);
  if (end != PullEnd::found) {
    remember(key, end, now);
    for (const auto* const list : {&search.homes, &search.deputies}) {
      for (const Asked& each : *list) {
        if (each.times == 0 || each.answered) continue;
        if (Peer* const peer = peers_.find(each.name)) peer->asked.was_silent(now);
      }
    }
  }
  for (const PullBoard::Ticket& ticket : search.waiting)
    searcher_.decided(ticket, end);
}

void Pulls::remember(const Key& id, PullEnd end, Micros now) {
  while (!vain_in_order_.empty() && (vain_in_order_.size() >= most_in_vain ||
                                     now - vain_in_order_.front().first > how_long_late)) {
    const auto old = vain_.find(vain_in_order_.front().second);
    if (old != vain_.end() && old->second.at <= vain_in_order_.front().first) vain_.erase(old);
    vain_in_order_.pop_front();
  }
  vain_[id] = {end, now};
  vain_in_order_.emplace_back(now, id);
}

}  // namespace reprise::cluster
