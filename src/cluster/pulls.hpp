#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "cluster/budget.hpp"
#include "cluster/messages.hpp"
#include "cluster/peers.hpp"
#include "cluster/pull_board.hpp"

namespace reprise::cluster {

// What a search needs done.
class Searcher {
public:
  virtual ~Searcher() = default;
  // `again`: the way of before may have been the wrong one.
  virtual void ask(const Peer& peer, const AskToken& token, Bytes id, bool again) = 0;
  virtual void decided(const PullBoard::Ticket& ticket, PullEnd end) = 0;
};

// Searches for sessions that others have, without sockets and timers: whom to ask, when again, and
// when to give up (cluster/SEALED.md, "Pull"). One search for each id, however many wait for it.
// First its home is asked, twice; then the members that are likeliest to be asked by others too;
// nothing is asked twice within a second of a search that found nothing.
class Pulls {
public:
  static constexpr std::size_t most = 4096;
  static constexpr std::size_t most_of_one_home = 512;
  static constexpr std::uint32_t most_each_second = 20'000;

  // References outlive this. `budget`: what a handshake waits at most.
  Pulls(Peers& peers, Searcher& searcher, Micros budget)
      : peers_(peers), searcher_(searcher), budget_(budget) {}

  // Somebody waits for an id that this node does not have. `home`: who made it; `here`: this node.
  void begin(const PullBoard::Ticket& ticket, const seal::SessionName& id, std::uint16_t home,
             std::uint16_t here, Micros now);

  // Whether an answer with this token is still waited for.
  bool expects(const AskToken& token, Bytes id) const;
  // What came in answer to something expected. The first: the session is in the cache. Returns how
  // long that took.
  Micros found(Peer& peer, const AskToken& token, Micros now);
  void not_here(Peer& peer, const AskToken& token, NotHereReason reason, Micros now);

  // A session came unasked. True if somebody waited for it, or has given it up a moment ago.
  bool arrived(Bytes id, Micros now);

  // Does what is due.
  void advance(Micros now);
  // When something is.
  std::optional<Micros> next_due() const;

  std::size_t running() const { return running_.size(); }

private:
  struct Asked {
    seal::SenderName name{};
    unsigned times = 0;
    Micros at = 0;
    bool answered = false;
  };
  struct Search {
    seal::SessionName id;
    AskToken token;
    std::vector<PullBoard::Ticket> waiting;
    std::vector<Asked> homes;
    std::vector<Asked> deputies;
    std::uint16_t home = 0;
    Micros begun = 0;
    Micros step = 0;     // between one ask and the next
    unsigned stage = 0;  // which is next
    Micros due = 0;      // and when
    PullEnd reason = PullEnd::unknown;
    bool home_lost_pushes = false;
  };
  using Key = std::string;
  using Running = std::unordered_map<Key, Search>;

  void choose(Search& search, std::uint16_t here, Micros now);
  void ask(Search& search, Asked& whom, Micros now);
  void ask_next(Search& search, Micros now);
  void schedule(Search& search, Micros at);
  PullEnd why_in_vain(const Search& search) const;
  void end(Running::iterator search, PullEnd end, Micros now);
  Running::iterator by_token(const AskToken& token);
  Asked* asked(Search& search, const Peer& peer);
  void remember(const Key& id, PullEnd end, Micros now);

  // A search that found nothing.
  struct Vain {
    PullEnd end;
    Micros at;
    bool arrived = false;
  };

  Peers& peers_;
  Searcher& searcher_;
  Micros budget_;
  Running running_;
  std::set<std::pair<Micros, seal::SessionName>> by_due_;  // all that run
  std::unordered_map<std::uint64_t, Key> tokens_;
  std::unordered_map<std::uint16_t, std::size_t> homes_;
  std::unordered_map<Key, Vain> vain_;
  std::deque<std::pair<Micros, Key>> vain_in_order_;
  Budget begun_{most_each_second};
};

}  // namespace reprise::cluster
