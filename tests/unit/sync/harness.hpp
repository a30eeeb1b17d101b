#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "net/datagram.hpp"
#include "sync/intake.hpp"
#include "sync/publisher.hpp"
#include "sync/replicated_cache.hpp"

namespace reprise::sync::testing {

inline net::Endpoint endpoint(const std::string& address) {
  return net::resolve_datagram(address, net::Role::connect);
}

// A socket at a port of its own, and what arrives there.
class Ear {
public:
  explicit Ear(const std::string& address = "127.0.0.1:0")
      : fd_(net::bind_datagram(endpoint(address), {})) {}

  net::Endpoint address() const { return net::Endpoint::local(fd_.get()); }

  // All that has come, without waiting: loopback delivers at once.
  std::vector<std::string> heard() const {
    std::vector<std::string> datagrams;
    std::string buffer(65536, '\0');
    for (;;) {
      const ssize_t size = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (size < 0) return datagrams;
      datagrams.push_back(buffer.substr(0, static_cast<std::size_t>(size)));
    }
  }
  int fd() const { return fd_.get(); }

private:
  UniqueFd fd_;
};

// A cache and what synchronises it with `nodes`.
class Replica {
public:
  explicit Replica(std::vector<net::Endpoint> nodes, cache::Settings settings = usual(),
                   Acceptance* acceptance = nullptr)
      : plain(cache::Cache::create(settings)),
        ledger(nodes),
        broadcast(nodes, senders_for(nodes), ledger),
        publisher(broadcast, ledger),
        cache(*plain, publisher, ledger),
        intake(*plain, acceptance, OwnPackets(broadcast.senders()), ledger) {}

  static cache::Settings usual() {
    cache::Settings settings;
    settings.max_items = 20;
    settings.keysize = 128;
    settings.blocksize = 4096;
    return settings;
  }
  static std::vector<UniqueFd> senders_for(const std::vector<net::Endpoint>& nodes) {
    std::vector<UniqueFd> senders;
    for (const int family : {AF_INET, AF_INET6}) {
      for (const net::Endpoint& node : nodes) {
        if (node.family() != family) continue;
        senders.push_back(net::open_datagram_sender(family, {}));
        break;
      }
    }
    return senders;
  }

  std::uint64_t rejected(Rejection reason) const {
    std::uint64_t sum = 0;
    for (const Ledger::Peer& peer : ledger.peers())
      sum += peer.counters->rejected[static_cast<std::size_t>(reason)].get();
    return sum;
  }
  std::uint64_t applied() const {
    std::uint64_t sum = 0;
    for (const Ledger::Peer& peer : ledger.peers())
      sum += peer.counters->applied.get();
    return sum;
  }

  std::unique_ptr<cache::Cache> plain;
  Ledger ledger;
  Broadcast broadcast;
  Publisher publisher;
  ReplicatedCache cache;
  Intake intake;
};

}  // namespace reprise::sync::testing
