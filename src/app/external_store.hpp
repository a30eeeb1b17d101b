#pragma once

#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "config/config.hpp"
#include "seal/guarded.hpp"
#include "sessions/external_sessions.hpp"
#include "sessions/shared_sessions.hpp"
#include "shm/rows.hpp"
#include "store/reach.hpp"
#include "store/store.hpp"
#include "store/vault.hpp"

namespace reprise::app {

// The store of sessions that this node shares with others (`ssl-sessions-store`): what it takes to
// reach it, its keys, and what is counted. Made before the fork.
class ExternalStore {
  struct Shared {
    std::string cache;
    sessions::SharedSessions& sessions;
    cache::Cache& local;
    sessions::Sharing sharing;
    std::optional<seal::Guarded<store::VaultKeys>> keys;  // none: in the clear
  };

public:
  // Reads the secrets, the password and the files of TLS; asks the resolver. Throws
  // std::runtime_error with the place in the configuration.
  ExternalStore(const config::Config& config, std::size_t workers);
  ExternalStore(const ExternalStore&) = delete;
  ExternalStore& operator=(const ExternalStore&) = delete;

  // A cache whose sessions go there. Its ids are told from made-up ones, if they are not already.
  void add(const std::string& cache, sessions::SharedSessions& sessions, cache::Cache& local,
           const sessions::Sharing& sharing, bool has_names);

  // In processes without TLS.
  void drop_secrets();

  // Whether sessions of this cache are there.
  bool has(const std::string& cache) const;

  std::size_t keeper() const { return workers_.size() - 1; }

  // What a worker has of it, or the keeper, whose number is keeper().
  class Use {
  public:
    // After the fork; outlives the loop.
    Use(net::asio::io_context& io, const ExternalStore& store, std::size_t worker);
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

    // A session of this cache was erased here.
    void forget(const std::string& cache, Bytes id) const;

  private:
    store::Store store_;
    const std::list<Shared>& shared_;
    std::list<sessions::ExternalSessions> sessions_;
  };

  const store::Settings& settings() const { return settings_; }
  const shm::Rows<store::ServerRow>& servers() const { return servers_; }
  const shm::Rows<store::WorkerRow>& workers() const { return workers_; }

private:
  store::Vault vault_of(const Shared& shared) const;

  const store::Settings& settings_;
  std::optional<store::Reach> reach_;
  std::optional<seal::Guarded<seal::Secrets>> secrets_;
  std::list<Shared> shared_;
  shm::Rows<store::ServerRow> servers_;
  shm::Rows<store::WorkerRow> workers_;
};

}  // namespace reprise::app
