#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/cache_announces.hpp"
#include "app/purpose.hpp"
#include "app/sealing.hpp"
#include "cache/cache.hpp"
#include "cluster/copies.hpp"
#include "cluster/membership.hpp"
#include "net/asio.hpp"
#include "process/handover.hpp"
#include "sessions/from_peers.hpp"
#include "sync/copier.hpp"
#include "sync/intake.hpp"
#include "sync/offer.hpp"
#include "sync/publisher.hpp"
#include "sync/replicated_cache.hpp"
#include "sync/settings.hpp"

namespace reprise::app {

// What keeps one cache in step with its peers, made before the fork: sockets, counters, and the
// cache as everybody is to use it. Without nodes and servers it does nothing but stand there.
class Replication {
public:
  // `cache` outlives this. Takes sockets from `inherited` where they still fit. Throws
  // std::runtime_error with the place in the configuration for an address that is none, does not
  // resolve or cannot be bound.
  // `workers`: processes with TLS.
  Replication(cache::Cache& cache, const sync::Settings& settings, const sessions::Sharing& sharing,
              std::size_t workers, process::Handover& inherited, Purpose purpose);
  Replication(const Replication&) = delete;
  Replication& operator=(const Replication&) = delete;

  sync::ReplicatedCache& cache() { return replicated_; }
  const sync::Ledger& ledger() const { return ledger_; }
  const cache::Settings& settings() const { return cache_.settings(); }

  struct Server {
    std::string address;  // as written
    bool is_group = false;
    UniqueFd fd;
  };
  const std::vector<Server>& servers() const { return servers_; }

  // A node whose cache this one may begin with.
  struct Neighbour {
    std::string address;                    // as written
    std::optional<net::Endpoint> endpoint;  // nothing: it does not resolve now
  };
  const std::vector<Neighbour>& neighbours() const { return neighbours_; }
  // If the cache has neighbours: it is to be filled from them, by the keeper. Asks the resolver.
  void begin_copy();
  sync::Copier copier(net::asio::io_context& io, net::Deadlines& deadlines);

  // For clients over TCP; in the keeper, once started.
  sync::Offer offer() {
    return {replicated_, intake_, acceptance_, sealing_ != nullptr, copies_.get()};
  }

  // In the keeper: `tell` hears of each key that others erase here.
  void tell_erased(std::function<void(Bytes key)> tell) {
    acceptance_.tell_erased(std::move(tell));
  }

  // Receives for as long as the loop runs: in the keeper.
  void start(net::asio::io_context& io);
  // In every other child.
  void leave_to_keeper();
  // In children without TLS.
  void drop_keys();

  // Null unless the datagrams of this cache are sealed.
  Sealing* sealing() const { return sealing_.get(); }
  // In the keeper, of a sealed cache, once started; null elsewhere.
  cluster::Membership* membership() const { return membership_.get(); }

  void hand_over(process::Handover& handover) const;

  // uWSGI's lines: when the cache is made, and once the children are.
  std::vector<std::string> announcements() const;
  std::vector<std::string> server_announcements() const;

private:
  cache::Cache& cache_;
  sync::Settings settings_;
  sync::Teller& teller();
  bool reaches_other_hosts() const;
  std::vector<CacheAnnounces::Target> announce_targets() const;

  std::vector<net::Endpoint> nodes_;
  std::vector<Server> servers_;
  std::chrono::milliseconds longest_;  // what a session lives at most
  sessions::FromPeers acceptance_;
  sync::Ledger ledger_;
  std::unique_ptr<Sealing> sealing_;
  std::vector<int> answering_;  // servers' sockets that the cluster's datagrams leave by
  sync::Broadcast broadcast_;
  sync::Publisher publisher_;
  sync::ReplicatedCache replicated_;
  sync::Intake intake_;
  std::unique_ptr<cluster::Membership> membership_;
  std::unique_ptr<cluster::Copies> copies_;    // as membership_
  std::unique_ptr<CacheAnnounces> announces_;  // without a secret
  std::vector<Neighbour> neighbours_;
};

}  // namespace reprise::app
