#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "net/address.hpp"
#include "shm/counter.hpp"
#include "shm/region.hpp"
#include "sync/rejection.hpp"

namespace reprise::sync {

// What was sent to one configured node. Written by every process that publishes.
struct NodeCounters {
  shm::Counter sent;
  shm::Counter sent_bytes;
  shm::Counter refused;  // the kernel had no room for it
  shm::Counter failed;   // no route and the like
};

// What came from one address. Written by the receiver alone.
struct PeerCounters {
  // As IPv6, IPv4 mapped into it; zero in a row that is free, and in the one for all others.
  std::array<std::atomic<std::uint64_t>, 2> address{};
  shm::Counter received;
  shm::Counter received_bytes;
  shm::Counter applied;
  shm::Counter last_packet;  // milliseconds of the monotonic clock; 0: none yet
  std::array<shm::Counter, rejections> rejected;
};

// What became of the copy of a neighbour's cache that a cache begins with.
enum class CopyState : std::uint64_t { none, under_way, complete, in_part, failed };

// Written by the keeper alone.
struct CopyCounters {
  shm::Counter state;      // a CopyState
  shm::Counter neighbour;  // the one that was asked last, in the order of the configuration
  shm::Counter attempts;   // neighbours asked
  shm::Counter bytes;
  shm::Counter taken;  // items
  std::array<shm::Counter, rejections> rejected;

  CopyState now() const { return static_cast<CopyState>(state.get()); }
  void set(CopyState to) { state.set(static_cast<std::uint64_t>(to)); }
};

struct CacheCounters {
  shm::Counter too_large_to_send;
  shm::Counter hits_here;       // on items that this node made
  shm::Counter hits_elsewhere;  // on items that a peer made
  CopyCounters copy;
};

// How one cache and its peers fare, in shared memory: made before the fork, begins at zero.
class Ledger {
public:
  // Senders beyond so many addresses have a row together, so that forged ones cost no memory. The
  // configured nodes have theirs from the start.
  static constexpr std::size_t most_peers = 64;

  // Throws std::system_error if there is no memory.
  explicit Ledger(const std::vector<net::Endpoint>& nodes);

  CacheCounters& cache() const { return *cache_; }
  NodeCounters& node(std::size_t index) const { return nodes_[index]; }

  // The row of an address, taken if there is one left. By the receiver alone.
  PeerCounters& peer(const net::Endpoint& from) const;

  struct Peer {
    std::string address;  // "others" for those without a row of their own
    const PeerCounters* counters;
  };
  // Rows in use.
  std::vector<Peer> peers() const;

private:
  shm::Region region_;
  CacheCounters* cache_;
  std::span<PeerCounters> peers_;  // the last is for all others
  std::span<NodeCounters> nodes_;
};

// For PeerCounters::last_packet.
std::uint64_t monotonic_milliseconds();

}  // namespace reprise::sync
