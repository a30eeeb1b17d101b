#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cluster/member.hpp"
#include "sync/own_packets.hpp"

namespace reprise::cluster::testing {

inline net::Endpoint endpoint(unsigned port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return {reinterpret_cast<const sockaddr*>(&address), sizeof address};
}

inline seal::CacheKeys keys_of(const std::vector<std::string>& secrets,
                               const std::string& cache = "ssl",
                               seal::Cipher cipher = seal::Cipher::aes_256_gcm) {
  seal::Guarded<seal::Secrets> made;
  for (const std::string& secret : secrets) {
    seal::Secret& one = made->list[made->count++];
    one.fill('.');
    std::copy_n(secret.begin(), std::min(secret.size(), one.size()), one.begin());
  }
  return seal::derive(*made, cache, cipher);
}

inline constexpr Micros pull_budget = 6000;

// A datagram on its way.
struct Flight {
  unsigned from = 0;
  unsigned to = 0;
  std::string datagram;
};

class World;

// One node: a cache, and its member of the cluster with a clock of its own.
class Node final : private Wire {
public:
  Node(World& world, unsigned port, const std::vector<std::string>& secrets, std::int64_t clock);

  void start(const seal::SenderName& name = draw_name());
  // The keeper goes, and with it all it knew; the cache stays.
  void stop() { member_.reset(); }

  Member& member() { return *member_; }
  cache::Cache& cache() { return *cache_; }
  SharedState& shared() { return *shared_; }
  PullBoard& board() { return board_; }
  unsigned port() const { return port_; }

  // An id of this node's.
  std::string new_id() {
    const seal::Origin origin{static_cast<std::uint16_t>(shared_->node.load()),
                              shared_->id_clock(now())};
    const auto name = names_.make(origin, *random_.take());
    return {reinterpret_cast<const char*>(name->data()), name->size()};
  }
  // A handshake of this node's waits for it.
  PullBoard::Ticket seek(const std::string& id) {
    const auto ticket = board_.claim(0, id);
    member_->seek(*ticket, now());
    return *ticket;
  }
  // A session that is made here.
  void make(const std::string& id, std::uint64_t seconds = 300);
  void erase(const std::string& id);
  bool has(const std::string& id) {
    cache::Item item;
    return cache_->peek(id, unix_now(), item);
  }
  std::optional<UnixSeconds> end_of(const std::string& id) {
    cache::Item item;
    if (!cache_->peek(id, unix_now(), item)) return std::nullopt;
    return item.expires;
  }

  void hear(const std::string& datagram, unsigned from) {
    if (member_) member_->take(datagram, endpoint(from), now());
  }
  void tick() {
    if (member_) member_->tick(clocks());
  }
  void heal() {
    if (member_) member_->heal(now());
  }
  Moment now() const;
  Clocks clocks() const;

  std::uint64_t rejected(sync::Rejection reason) const {
    std::uint64_t sum = 0;
    for (const auto& peer : ledger_->peers())
      sum += peer.counters->rejected[static_cast<std::size_t>(reason)].get();
    return sum;
  }
  std::uint64_t applied() const {
    std::uint64_t sum = 0;
    for (const auto& peer : ledger_->peers())
      sum += peer.counters->applied.get();
    return sum;
  }

  std::int64_t leap = 0;  // added to all clocks but the monotonic one

private:
  void tell(Bytes datagram) override;
  void send(const net::Endpoint& to, Bytes datagram) override;
  void send_around(Bytes datagram) override;
  bool is_configured(const net::Endpoint& node) const override;

  World& world_;
  unsigned port_;
  std::int64_t clock_;
  seal::CacheKeys keys_;
  std::unique_ptr<cache::Cache> cache_;
  std::unique_ptr<sync::Ledger> ledger_;
  std::unique_ptr<sync::Intake> intake_;
  std::unique_ptr<Contents> contents_;
  std::unique_ptr<SharedState> shared_ = std::make_unique<SharedState>();
  std::unique_ptr<Tombstones> tombstones_ = std::make_unique<Tombstones>();
  seal::SessionNames names_;
  seal::NameRandom random_;
  PullBoard board_{1};
  std::unique_ptr<Member> member_;
};

// Nodes, and the network between them: nothing arrives before deliver() is called.
class World {
public:
  Node& add(const std::vector<std::string>& secrets = {"one"}, std::int64_t clock = 0) {
    nodes_.push_back(
        std::make_unique<Node>(*this, 1000 + static_cast<unsigned>(nodes_.size()), secrets, clock));
    nodes_.back()->start();
    return *nodes_.back();
  }

  // Everything that is on its way, and what that leads to.
  void deliver() {
    for (int rounds = 0; !flights.empty(); ++rounds) {
      ASSERT_LT(rounds, 10'000) << "the network does not come to rest";
      const Flight flight = flights.front();
      flights.pop_front();
      recorded.push_back(flight);
      if (loses && loses(flight)) continue;
      node(flight.to).hear(flight.datagram, flight.from);
    }
  }
  void pass(Moment milliseconds) {
    for (Moment passed = 0; passed < milliseconds; passed += 100) {
      now += 100;
      for (const auto& each : nodes_)
        each->tick();
      deliver();
      for (const auto& each : nodes_)
        each->heal();
      deliver();
    }
  }
  // Until all know each other.
  void meet() { pass(1500); }

  Node& node(unsigned port) { return *nodes_.at(port - 1000); }
  const std::vector<std::unique_ptr<Node>>& nodes() const { return nodes_; }

  Moment now = 1'000'000;
  std::vector<unsigned> repeaters;  // that all nodes are configured with
  std::deque<Flight> flights;
  std::vector<Flight> recorded;
  std::function<bool(const Flight&)> loses;

private:
  std::vector<std::unique_ptr<Node>> nodes_;
};

inline Node::Node(World& world, unsigned port, const std::vector<std::string>& secrets,
                  std::int64_t clock)
    : world_(world), port_(port), clock_(clock), keys_(keys_of(secrets)), names_(*keys_.names) {
  cache::Settings settings;
  settings.max_items = 1000;
  settings.keysize = 64;
  settings.blocksize = 4096;
  cache_ = cache::Cache::create(settings);
  ledger_ = std::make_unique<sync::Ledger>(std::vector<net::Endpoint>{});
  intake_ = std::make_unique<sync::Intake>(*cache_, nullptr,
                                           sync::OwnPackets(std::vector<UniqueFd>{}), *ledger_);
  shared_->node = port;
}

inline void Node::start(const seal::SenderName& name) {
  contents_ = std::make_unique<Contents>(*cache_, *intake_, std::chrono::seconds(600), *keys_.names,
                                         *tombstones_);
  member_ = std::make_unique<Member>(
      Member::Parts{*keys_.packets, seal::Cipher::aes_256_gcm, *contents_, *shared_, *ledger_,
                    *this, &*keys_.names, &board_, pull_budget},
      name, clocks());
}

inline Moment Node::now() const {
  return static_cast<Moment>(static_cast<std::int64_t>(world_.now) + clock_ + leap);
}
inline Clocks Node::clocks() const {
  const auto steady = static_cast<Moment>(static_cast<std::int64_t>(world_.now) + clock_);
  return {now(), steady, now() + 1'700'000'000'000};
}

inline void Node::make(const std::string& id, std::uint64_t seconds) {
  const std::string der = "0123456789abcde" + id + "the secret of " + id;
  cache_->set(id, der, unix_now() + seconds, unix_now());
  member_->changed(id, now());
  member_->flush(now());
}

inline void Node::erase(const std::string& id) {
  cache_->erase(id);
  member_->erased(id, now());
  member_->flush(now());
}

inline void Node::tell(Bytes datagram) {
  for (const auto& other : world_.nodes())
    if (other->port() != port_)
      world_.flights.push_back({port_, other->port(), std::string(datagram)});
}

inline void Node::send(const net::Endpoint& to, Bytes datagram) {
  world_.flights.push_back({port_, to.port(), std::string(datagram)});
}

inline void Node::send_around(Bytes datagram) {
  for (const unsigned repeater : world_.repeaters)
    world_.flights.push_back({port_, repeater, std::string(datagram)});
}

inline bool Node::is_configured(const net::Endpoint& node) const {
  const auto& all = world_.repeaters;
  return std::find(all.begin(), all.end(), node.port()) != all.end();
}

// The id of a session, which some node with the secret "one" made.
inline std::string id_of(int number) {
  static const seal::CacheKeys keys = keys_of({"one"});
  static seal::SessionNames names(*keys.names);
  seal::SessionNames::Random random{};
  std::memcpy(random.data(), &number, sizeof number);
  const auto name = names.make({1, 0}, random);
  return {reinterpret_cast<const char*>(name->data()), name->size()};
}

}  // namespace reprise::cluster::testing
