#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/unique_fd.hpp"
#include "shm/region.hpp"
#include "subscription/layout.hpp"
#include "subscription/settings.hpp"

namespace reprise::subscription {

// A moment by both clocks: one to show, one to measure with.
struct Moment {
  UnixSeconds unix = unix_now();
  std::chrono::steady_clock::time_point steady = coarse_now();
};

// A node as it is announced. The texts need not outlive the call.
struct NodeFacts {
  std::string_view key;
  std::string_view address;
  net::Endpoint endpoint;
  std::uint8_t modifier1 = 0;
  std::uint8_t modifier2 = 0;
  std::uint64_t cores = 0;
  std::uint64_t load = 0;
  std::uint64_t weight = 0;  // 0 counts as 1
  std::uint64_t source = 0;  // who told: sources are told apart by it
  std::uint64_t pid = 0, uid = 0, gid = 0;
};

// What one node and one key show (spec/routers/subscription.md 9).
struct NodeState {
  std::string address;
  std::uint64_t modifier1 = 0, modifier2 = 0, last_check = 0, pid = 0, uid = 0, gid = 0;
  std::uint64_t requests = 0, last_requests = 0, bytes_from = 0, bytes_to = 0, cores = 0, load = 0;
  std::uint64_t weight = 0, credit = 0, references = 0, failures = 0;
  bool dead = false;
};
struct PoolState {
  std::string key;
  std::uint64_t hash = 0;  // uWSGI's
  std::uint64_t hits = 0;
  std::vector<NodeState> nodes;
};

// uWSGI's hash of a key, as log lines and stats show it.
std::uint32_t hash_of(std::string_view key);

class Lease;

// The nodes that announced themselves to one router: one table for all of its workers, in memory
// laid out before the fork. Whoever dies with its lock is cleaned up after by the next; what a
// worker had under way is counted by worker, and goes with it. Keys are compared without case, as
// hosts are.
class Table {
public:
  struct Size {
    std::uint32_t keys = 4096;
    std::uint32_t nodes = 8192;
    std::uint32_t nodes_of_key = 256;
    std::uint32_t nodes_of_source = 4096;
  };

  // Throws std::system_error.
  Table(std::string_view name, Size size);

  // Copies what the generation before a reload knew. Nothing happens if its table is of another
  // layout: its nodes announce themselves again. Throws std::system_error.
  void take_over(UniqueFd region);
  int region_fd() const { return region_.fd(); }

  enum class Outcome { known, new_node, new_pool, too_many, full };
  Outcome announce(const NodeFacts& facts, const Moment& now);

  // False if there is no such node. What it has under way goes on.
  bool leave(std::string_view key, std::string_view address);

  // Lets nodes go that are dead, and those that were silent for longer than `tolerance`; what they
  // have under way keeps their place meanwhile. Tells who was silent.
  struct Silent {
    std::string key;
    std::string address;
    std::uint64_t seconds = 0;
  };
  std::vector<Silent> sweep(const Moment& now, std::chrono::seconds tolerance);

  // The node whose turn it is; nothing if the key has none that lives. `worker` is who asks.
  struct Question {
    std::string_view key;
    std::string_view client;
    Algorithm algorithm = Algorithm::wrr;
    std::chrono::seconds tolerance{17};
    std::size_t worker = 0;
  };
  std::optional<Lease> choose(const Question& question, const Moment& now);

  // A worker is gone, with what it had under way.
  void forget(std::size_t worker);

  // By hash, as uWSGI has them.
  std::vector<PoolState> snapshot() const;

  Counters& counters() const { return header_->counters; }
  Stamps& stamps() const { return header_->stamps; }

private:
  friend class Lease;

  Table(Size size, shm::Region region);
  shm::RobustMutex::Held lock() const;
  void repair() const noexcept;
  std::uint32_t bucket_of(std::string_view key) const;
  std::uint32_t find_pool(std::string_view key) const;
  NodeSlot* find_node(const PoolSlot& pool, std::string_view address) const;
  std::uint32_t add_pool(std::string_view key) const;
  NodeSlot& add_node(std::uint32_t pool, const NodeFacts& facts) const;
  void append(PoolSlot& pool, std::uint32_t node) const;
  void insert_into_bucket(std::uint32_t pool) const;
  void remove_node(std::uint32_t node) const;
  void remove_pool(std::uint32_t pool) const;
  bool has_room_for(const NodeFacts& facts, std::uint32_t pool, Outcome& why) const;
  void mark_dead(NodeSlot& node) const;
  void mark_failed(NodeSlot& node) const;

  Size size_;
  shm::Region region_;
  Header* header_;
  std::uint32_t* buckets_;
  PoolSlot* pools_;
  std::uint64_t* sources_;  // of each node
  NodeSlot* nodes_;
};

// A node while it serves somebody: it keeps its place in the table, and is counted.
class Lease {
public:
  Lease(Lease&& other) noexcept
      : table_(std::exchange(other.table_, nullptr)), node_(other.node_), worker_(other.worker_) {}
  Lease& operator=(Lease&& other) noexcept;
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease() { give_back(); }

  std::string_view address() const { return node_->address.get(); }
  const net::Endpoint& endpoint() const { return node_->endpoint; }
  std::uint8_t modifier1() const { return node_->modifier1; }
  std::uint8_t modifier2() const { return node_->modifier2; }

  void connected() {
    node_->requests.add();
    node_->last_requests.add();
  }
  // It could not be reached: nobody is sent there until it announces itself again.
  void failed() { table_->mark_failed(*node_); }
  shm::Counter& bytes_from() { return node_->bytes_from; }
  shm::Counter& bytes_to() { return node_->bytes_to; }

private:
  friend class Table;
  Lease(const Table& table, NodeSlot& node, std::size_t worker);
  void give_back() noexcept;

  const Table* table_;
  NodeSlot* node_;
  std::size_t worker_;
};

}  // namespace reprise::subscription
