#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "cluster/budget.hpp"
#include "cluster/clock.hpp"
#include "cluster/gaps.hpp"
#include "cluster/messages.hpp"
#include "cluster/replay_window.hpp"
#include "net/address.hpp"
#include "seal/envelope.hpp"

namespace reprise::cluster {

// How long a peer takes to answer, and whether it does.
class Responsiveness {
public:
  void answered(Micros took);
  // A search ended without a word of it.
  void was_silent(Micros now);
  // It has given a sign of life.
  void is_there() { silent_ = 0, rest_ = 0, alone_until_ = 0; }

  // It is not asked for a while.
  bool is_left_alone(Micros now) const { return now < alone_until_; }
  // When an answer is overdue; at least a millisecond, a second for a stranger.
  Micros overdue_after() const;
  // Smoothed; 0: none was measured yet.
  Micros round_trip() const { return smoothed_; }

private:
  Micros smoothed_ = 0;  // round trip, as TCP reckons it (RFC 6298); 0: none yet
  Micros spread_ = 0;
  unsigned silent_ = 0;  // searches in a row
  Micros rest_ = 0;
  Micros alone_until_ = 0;
};

// A name that a datagram was heard of which opened.
struct Peer {
  Peer(const seal::SenderName& its_name, std::unique_ptr<seal::SenderCipher> its_cipher,
       std::size_t its_key)
      : name(its_name), cipher(std::move(its_cipher)), key(its_key) {}

  seal::SenderName name;
  std::unique_ptr<seal::SenderCipher> cipher;
  std::size_t key;  // of the secrets, in their order
  ReplayWindow window;

  // It has proved that it is there now, not a recording; until then nothing it says is done.
  bool is_live = false;
  net::Endpoint address;    // where it proved that; until then where it was heard last
  std::int64_t offset = 0;  // our clock less its stamps, too large by at most one round trip
  Moment proved = 0;
  Moment heard = 0;  // last

  std::uint16_t node = 0;
  std::uint64_t uptime = 0;        // its stamp when it was last heard
  Hello hello;                     // its last one,
  UnixSeconds hello_heard_at = 0;  // to be shown
  Moment hello_heard = 0;

  std::uint64_t pushes = 0;  // that came
  Gaps gaps;                 // those that did not

  Pause compared;           // caches, as it asked for
  Moment compare_rest = 0;  // after a comparison that moved nothing
  Moment compare_after = 0;
  std::optional<Moment> differs_since;  // its sessions are others than ours

  Responsiveness asked;  // how it answers pulls

  Pause challenged;   // by us
  Pause proved_back;  // we, to it
  Pause doubted;      // whether there are two of it
  Pause reminded;     // to prove that it is still there

  // Whether it may have made sessions of this number.
  bool has_or_had(std::uint16_t number) const {
    const auto& former = hello.former_nodes;
    return node == number || std::find(former.begin(), former.end(), number) != former.end();
  }
};

// Every name that is known, in bounded memory. Only what opens makes an entry; names that have not
// proved themselves hold a quarter of the room and displace each other alone.
class Peers {
public:
  static constexpr std::size_t most = 4096;
  static constexpr std::size_t most_heard = most / 4;
  static constexpr Moment longest_silence = 600'000;

  // Null if it is not known.
  Peer* find(const seal::SenderName& name);

  // A name that is not known yet.
  Peer& add(std::unique_ptr<Peer> peer, Moment now);

  // Whoever has proved itself moves to the living.
  void introduce(Peer& peer);

  // Those that have proved that they are there.
  const std::vector<Peer*>& live() const { return live_; }
  // Those that have not, most_heard at most.
  std::vector<const Peer*> heard() const;
  std::size_t live_count() const { return live_.size(); }

  void remove(const seal::SenderName& name);
  // Forgets who was silent for long.
  void age(Moment now);
  void clear();

private:
  struct Hash {
    std::size_t operator()(const seal::SenderName& name) const;
  };
  using Table = std::unordered_map<seal::SenderName, std::unique_ptr<Peer>, Hash>;

  void make_room(bool live);
  Table::iterator drop(Table::iterator peer);

  Table table_;
  std::vector<Peer*> live_;
};

}  // namespace reprise::cluster
