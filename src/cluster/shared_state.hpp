#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

#include "cluster/clock.hpp"
#include "cluster/pull_board.hpp"
#include "shm/counter.hpp"
#include "shm/histogram.hpp"

namespace reprise::cluster {

inline constexpr std::uint32_t id_clock_mask = 0xffffff;  // 24 bits of seconds

// Why this node took another name to seal under.
enum class Renaming { worn, leap, copy };
inline constexpr std::size_t renamings = 3;

// How a node that begins takes what others have.
enum class FillState : std::uint64_t { none, under_way, over };

// Of one cache. Written by the keeper, `unsent` by whoever changes the cache.
struct Counters {
  shm::Counter sealed;  // datagrams
  shm::Counter sealed_bytes;
  shm::Counter pushes;  // of them with changes
  shm::Counter changes;
  shm::Counter too_large;  // changes that no datagram holds
  shm::Counter unsent;     // changes that there was no room to hand to the keeper
  shm::Counter opened;     // datagrams
  shm::Counter challenges_sent;
  shm::Counter challenges_answered;
  shm::Counter renamed[renamings];
  shm::Counter node_clashes;

  shm::Counter asks;              // of ours, for sessions of others
  shm::Counter ended[pull_ends];  // waits of handshakes, by PullEnd
  shm::Counter late_answers;      // nobody waited any more
  shm::Counter arrived_late;      // pushes of what was searched for, at that time or just before
  shm::Counter answers;           // of ours, with a session
  shm::Counter not_here;          // of ours, without
  shm::Counter asks_shed;         // of others, more than are answered

  shm::Counter lost;         // pushes of others that did not come, and were asked for again
  shm::Counter repaired;     // of them told again
  shm::Counter gone;         // of them not known any more
  shm::Counter given_up;     // of them asked for in vain
  shm::Counter comparisons;  // of caches that this node began
  shm::Counter gained;       // sessions that others gave, of what they had before
  shm::Counter given;        // to others
  shm::Counter filling;      // a FillState

  shm::Histogram push_delay;  // from a change there to its being here
  shm::Histogram pull_delay;  // of searches that found something, as this node sees it
};

// Numbers that this node had, and whose sessions may still live. Changed by one process at a time.
class FormerNodes {
public:
  static constexpr std::size_t most = 4;

  // Of more than there is room for, the one that ends first is forgotten.
  void add(std::uint16_t node, Moment until) {
    auto* place = &places_[0];
    for (auto& each : places_) {
      if (node_of(each) == node) {
        place = &each;
        break;
      }
      if (each < *place) place = &each;
    }
    place->store(until << 16 | node, std::memory_order_relaxed);
  }
  std::vector<std::uint16_t> at(Moment now) const {
    std::vector<std::uint16_t> nodes;
    for (const auto& each : places_)
      if (each.load(std::memory_order_relaxed) >> 16 > now) nodes.push_back(node_of(each));
    return nodes;
  }

private:
  static std::uint16_t node_of(std::uint64_t place) { return static_cast<std::uint16_t>(place); }

  std::array<std::atomic<std::uint64_t>, most> places_{};  // end, ms, 48 bits || number
};

// What all processes of a node know of its part in the cluster. In shared memory, of one cache,
// zero at first; handed over at a reload.
struct SharedState {
  std::atomic<std::uint32_t> node{0};  // 0: none yet
  // Milliseconds; the clock in ids is this and CLOCK_BOOTTIME.
  std::atomic<std::uint64_t> id_clock_base{0};
  // The keeper of the next generation waits for this one to end.
  std::atomic<bool> successor_waits{false};
  // By that clock: what the cache had before is gone.
  std::atomic<std::uint32_t> born{0};
  FormerNodes former;
  Counters counters;

  // Takes another number; sessions of the old one live for `longest` at most.
  void change_node(std::uint16_t to, Moment now, Moment longest) {
    const auto old = static_cast<std::uint16_t>(node.load(std::memory_order_relaxed));
    if (old != 0 && old != to && longest > 0) former.add(old, now + longest);
    node.store(to, std::memory_order_relaxed);
  }

  // Seconds, 24 bits of them; never steps while a keeper lives.
  std::uint32_t id_clock(Moment now) const {
    const std::uint64_t milliseconds = id_clock_base.load(std::memory_order_relaxed) + now;
    return static_cast<std::uint32_t>(milliseconds / 1000) & id_clock_mask;
  }
};

}  // namespace reprise::cluster
