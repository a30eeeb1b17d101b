#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/announces.hpp"
#include "app/applications.hpp"
#include "app/external_store.hpp"
#include "app/master_requests.hpp"
#include "app/pause.hpp"
#include "app/purpose.hpp"
#include "app/repeaters.hpp"
#include "app/replication.hpp"
#include "app/scoreboard.hpp"
#include "app/start_gate.hpp"
#include "app/subscriptions.hpp"
#include "app/worker.hpp"
#include "cache/caches.hpp"
#include "config/config.hpp"
#include "net/listener.hpp"
#include "process/handover.hpp"
#include "process/master.hpp"
#include "router/access_log.hpp"
#include "router/backends.hpp"
#include "sessions/shared_sessions.hpp"
#include "sync/service_counters.hpp"
#include "tls/context.hpp"

namespace reprise::app {

// Everything that is made from a configuration before the first fork, and owned for the life of the
// process: shared memory, TLS contexts, listening sockets. Children use it as inherited.
class Node {
public:
  // The child that is the application parent.
  static constexpr char applications_name[] = "uWSGI applications";

  // Takes from `inherited` what a former generation left and still fits; binds and allocates the
  // rest. Throws what its parts throw: std::system_error, std::runtime_error,
  // std::invalid_argument; with the place in the configuration where one is to blame.
  Node(config::Config config, process::Handover& inherited, Purpose purpose = Purpose::serve);
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  // The keeper, then one child for each HTTP worker, each raw router worker and each repeater
  // process, then the application parent. The node outlives them.
  std::vector<process::ChildSpec> children();

  // What the next generation may take over.
  void hand_over(process::Handover& handover) const;

  // Removes the unix sockets that were bound (`vacuum`), but for paths that are to be kept; returns
  // the lines to log.
  std::vector<std::string> remove_sockets(
      const std::function<bool(const std::string& path)>& keeps) const;

  const config::Config& config() const { return config_; }
  const cache::Caches& caches() const { return caches_; }
  // Of each cache, in their order.
  const std::vector<std::unique_ptr<Replication>>& replications() const { return replications_; }
  const sync::ServiceLedger& service_ledger() const { return service_ledger_; }
  // Of the HTTP and the raw router; null if no nodes announce themselves there.
  Subscriptions* http_subscriptions() const { return http_subscriptions_.get(); }
  Subscriptions* raw_subscriptions() const { return raw_subscriptions_.get(); }
  // Null if nothing is forwarded between other nodes.
  const Repeaters* repeaters() const { return repeaters_ ? &*repeaters_ : nullptr; }
  // Null if this node announces itself nowhere.
  Announces* announces() const { return announces_.get(); }
  // Null if sessions are in the caches alone.
  const ExternalStore* external_store() const { return external_store_.get(); }
  // Null if there are none.
  const Applications* applications() const { return applications_ ? &*applications_ : nullptr; }
  // Whether its applications take requests, or those of the generation before a reload, in their
  // place; a node without applications has none to wait for.
  bool is_served() const;
  const MasterRequests& master_requests() const { return master_requests_; }
  const Pause& pause() const { return pause_; }
  // Null if requests are told nowhere.
  const router::AccessLog* access_log() const { return access_log_ ? &*access_log_ : nullptr; }
  const StartGate& start_gate() const { return start_gate_; }
  const Scoreboard& scoreboard() const { return scoreboard_; }
  const RawScoreboard& raw_scoreboard() const { return raw_scoreboard_; }
  // Of a child that is not the keeper, by its place in children().
  ChildRow& child_row(std::size_t place) const;
  // Its connections went with it.
  void forget_connections(std::size_t place) const;
  // uWSGI's start-up lines about what was made, in its order.
  const std::vector<std::string>& announcements() const { return announcements_; }
  // The lines of UDP and stats servers, which come once the keeper was spawned.
  std::vector<std::string> keeper_announcements() const;

private:
  void make_caches(process::Handover& inherited, Purpose purpose);
  struct MadeCache {
    std::unique_ptr<cache::Cache> cache;
    bool was_in_use;  // by the generation before a reload
  };
  MadeCache make_cache(const cache::Settings& settings, process::Handover& inherited,
                       Purpose purpose);
  void make_tls_contexts();
  void open_access_log(process::Handover& inherited, Purpose purpose);
  tls::SessionStore& session_store(const std::string& cache);
  void change_directory();
  void bind_listeners(process::Handover& inherited, Purpose purpose);
  void make_subscriptions(process::Handover& inherited, Purpose purpose);
  void make_repeaters(process::Handover& inherited, Purpose purpose);
  void make_announces(process::Handover& inherited, Purpose purpose);
  void announce_shared_sockets();
  void make_applications(process::Handover& inherited, Purpose purpose);
  bool is_embedded() const;
  router::HostLookup host_lookup() const;
  bool is_locked(const cache::Settings& settings) const;
  void lock_caches() const;
  void close_keepers_sockets();
  int run_keeper();
  int run_worker(std::size_t index);
  Elsewhere elsewhere(std::size_t index) const;
  int run_raw_worker(std::size_t index);
  int run_repeater();
  void drop_secrets();
  int run_applications();

  config::Config config_;
  cache::Caches caches_;
  std::vector<std::unique_ptr<Replication>> replications_;
  std::map<std::string, std::unique_ptr<sessions::SharedSessions>> session_stores_;
  std::optional<tls::TicketKeys> ticket_keys_{std::in_place};
  std::vector<std::unique_ptr<tls::Context>> tls_contexts_;  // one a listener; null: plain
  std::vector<router::BackendAddress> backends_;
  std::vector<router::BackendAddress> fallbacks_;
  std::optional<router::AccessLog> access_log_;
  std::vector<router::BackendAddress> raw_nodes_;
  std::vector<router::BackendAddress> raw_fallbacks_;
  std::vector<net::Listener> listeners_;      // as in config_.http.listeners
  std::vector<net::Listener> raw_listeners_;  // as in config_.raw.listeners
  std::vector<net::Listener> stats_listeners_;
  std::optional<net::Listener> raw_stats_listener_;
  std::optional<net::Listener> repeater_stats_listener_;
  std::optional<net::Listener> http_stats_listener_;
  std::vector<net::Listener> cache_listeners_;  // as in config_.sync.tcp_servers
  std::unique_ptr<Subscriptions> http_subscriptions_;
  std::unique_ptr<Subscriptions> raw_subscriptions_;
  std::optional<Repeaters> repeaters_;
  std::unique_ptr<Announces> announces_;
  std::optional<Applications> applications_;
  sync::ServiceLedger service_ledger_;
  StartGate start_gate_;
  MasterRequests master_requests_;
  Pause pause_;
  Scoreboard scoreboard_;
  RawScoreboard raw_scoreboard_;
  std::vector<std::string> announcements_;
  std::unique_ptr<ExternalStore> external_store_;
};

}  // namespace reprise::app
