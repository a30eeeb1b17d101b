#include "app/node.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "app/keeper.hpp"
#include "app/listening.hpp"
#include "app/shared_descriptors.hpp"
#include "app/worker.hpp"
#include "application/parent.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "compat/messages.hpp"
#include "process/pidfile.hpp"

namespace reprise::app {
namespace {

constexpr char access_log_kind[] = "access-log";

// How many children a router has.
template <class Settings>
std::size_t workers_of(const Settings& settings) {
  return settings.listeners.empty() ? 0 : static_cast<std::size_t>(settings.processes);
}

}  // namespace

Node::Node(config::Config config, process::Handover& inherited, Purpose purpose)
    : config_(std::move(config)),
      pause_(inherited, purpose),
      scoreboard_(workers_of(config_.http), config_.http.upstreams.size()),
      raw_scoreboard_(workers_of(config_.raw),
                      config_.raw.nodes.size() + config_.raw.fallbacks.size()) {
  make_caches(inherited, purpose);
  if (config_.store.wanted())
    external_store_ = std::make_unique<ExternalStore>(config_, scoreboard_.size());
  make_tls_contexts();
  backends_ = router::resolve(config_.http.upstreams);
  fallbacks_ = router::resolve(config_.http.fallbacks);
  raw_nodes_ = router::resolve(config_.raw.nodes);
  raw_fallbacks_ = router::resolve(config_.raw.fallbacks);
  // Certificates are named from the start directory, as uWSGI reads them with the options; sockets
  // from `chdir`.
  change_directory();
  open_access_log(inherited, purpose);
  bind_listeners(inherited, purpose);
  make_subscriptions(inherited, purpose);
  make_repeaters(inherited, purpose);
  if (config_.application.wanted()) make_applications(inherited, purpose);
  make_announces(inherited, purpose);
}

// Our own routers ask our own applications, unless they were given somebody else to ask.
bool Node::is_embedded() const {
  const router::Settings& http = config_.http;
  return !http.listeners.empty() && http.upstreams.empty() && !http.own_socket;
}

void Node::make_applications(process::Handover& inherited, Purpose purpose) {
  const application::Settings& settings = config_.application;
  at_origin(settings.origin, [&] { applications_.emplace(settings, is_embedded(), inherited); });
  at_origin(settings.worker_directory.origin,
            [&] { process::check_directory(settings.worker_directory.text); });
  const net::ListenOptions options = listen_options(config_.process, purpose);
  for (const application::SocketSettings& socket : settings.sockets) {
    applications_->add(make_listener(inherited, "listener", socket.address,
                                     for_address(config_.process, socket.address.text, options)));
  }
  if (auto backend = applications_->backend()) backends_.push_back(std::move(*backend));
  if (const auto& own = config_.http.own_socket) {
    const net::Listener& socket = applications_->listeners().at(own->number);
    backends_ = {{socket.address(), net::Endpoint::local(socket.fd())}};
  }
  for (std::string& line : applications_->announcements())
    announcements_.push_back(std::move(line));
}

bool Node::is_served() const {
  return !applications_ || applications_->is_serving() ||
         applications_->scoreboard().common().predecessors.get() > 0;
}

void Node::change_directory() {
  const Written& directory = config_.process.chdir;
  if (directory.empty()) return;
  announcements_.insert(announcements_.begin(), "chdir() to " + directory.text);
  if (::chdir(directory.text.c_str()) == 0) return;
  const std::system_error failure(errno, std::system_category(), "chdir() to " + directory.text);
  throw std::runtime_error(with_origin(failure.what(), directory.origin));
}

void Node::open_access_log(process::Handover& inherited, Purpose purpose) {
  const router::AccessLogSettings& settings = config_.http.access_log;
  if (settings.target.empty()) return;
  at_origin(settings.target.origin, [&] {
    access_log_.emplace(settings);
    if (purpose == Purpose::check || !access_log_->is_file()) return;
    share(access_log_->shared(), access_log_kind, inherited);
    access_log_->reopen();  // who shares it already writes to the new one, too
  });
}

void Node::make_tls_contexts() {
  const auto sni = tls::make_sni_contexts(config_.sni);
  for (const router::ListenerSettings& listener : config_.http.listeners) {
    if (!listener.tls) {
      tls_contexts_.push_back(nullptr);
      continue;
    }
    tls::SessionStore* store = nullptr;
    if (const auto& name = listener.tls->policy.session_cache) {
      store = &session_store(*name);
    }
    at_origin(listener.origin, [&] {
      tls_contexts_.push_back(
          std::make_unique<tls::Context>(*listener.tls, sni, store, *ticket_keys_));
    });
  }
}

void Node::bind_listeners(process::Handover& inherited, Purpose purpose) {
  const net::ListenOptions options = listen_options(config_.process, purpose);
  for (const router::ListenerSettings& settings : config_.http.listeners) {
    const Written address{settings.address, settings.origin};
    listeners_.push_back(make_listener(inherited, "listener", address,
                                       for_address(config_.process, address.text, options)));
    announcements_.push_back(
        compat::router_bound("http", settings.address, listeners_.back().fd()));
  }
  // A node may speak first, so its clients are not waited for.
  net::ListenOptions undeferred = options;
  undeferred.defer_accept_seconds = 0;
  for (const Written& address : config_.raw.listeners) {
    raw_listeners_.push_back(make_listener(inherited, "listener", address, undeferred));
    announcements_.push_back(
        compat::router_bound("rawrouter", address.text, raw_listeners_.back().fd()));
  }
  net::ListenOptions plain;
  plain.backlog = options.backlog;
  plain.provisional = options.provisional;
  for (const Written& address : config_.stats.addresses) {
    stats_listeners_.push_back(make_listener(inherited, "stats", address, plain));
  }
  for (const Written& address : config_.sync.tcp_servers) {
    cache_listeners_.push_back(make_listener(inherited, "cache-tcp", address, plain));
  }
  if (!config_.http.stats.empty()) {
    http_stats_listener_.emplace(make_listener(inherited, "stats", config_.http.stats, plain));
  }
  announce_shared_sockets();
  if (!config_.raw.stats.empty()) {
    raw_stats_listener_.emplace(make_listener(inherited, "stats", config_.raw.stats, plain));
  }
  if (!config_.repeater.stats.empty()) {
    repeater_stats_listener_.emplace(
        make_listener(inherited, "stats", config_.repeater.stats, plain));
  }
}

void Node::announce_shared_sockets() {
  const auto& shared = config_.process.shared_sockets;
  for (std::size_t i = 0; i < shared.size(); ++i) {
    for (const auto* listeners : {&listeners_, &raw_listeners_}) {
      for (const net::Listener& listener : *listeners) {
        if (listener.address() != shared[i].address.text) continue;
        announcements_.push_back(
            compat::shared_socket_bound(i, listener.bound_name(), listener.fd()));
      }
    }
  }
}

std::vector<process::ChildSpec> Node::children() {
  std::vector<process::ChildSpec> specs;
  specs.push_back(
      {"uWSGI keeper", [this] { return run_keeper(); }, {}, {}, false, process::StopPlace::last});
  for (std::size_t i = 0; i < scoreboard_.size(); ++i) {
    specs.push_back({"uWSGI http " + std::to_string(i + 1),
                     [this, i] { return run_worker(i); },
                     {},
                     {},
                     false,
                     process::StopPlace::finishes});
  }
  for (std::size_t i = 0; i < raw_scoreboard_.size(); ++i) {
    specs.push_back(
        {"uWSGI rawrouter " + std::to_string(i + 1), [this, i] { return run_raw_worker(i); }});
  }
  for (std::size_t i = 0; repeaters_ && i < repeaters_->processes().size(); ++i)
    specs.push_back(
        {"uWSGI udprepeater " + std::to_string(i + 1), [this] { return run_repeater(); }});
  if (applications_) {
    specs.push_back({applications_name, [this] { return run_applications(); },
                     application::no_app_status,
                     /*has_taken_over=*/[this] { return applications_->is_serving(); },
                     /*has_workers=*/true, process::StopPlace::last});
  }
  return specs;
}

// Keys and sessions are no business of an application.
void Node::drop_secrets() {
  tls_contexts_.clear();
  session_stores_.clear();
  if (external_store_) external_store_->drop_secrets();
  ticket_keys_.reset();
  for (const auto& replication : replications_)
    replication->drop_keys();
  announces_.reset();  // signed with a private key
}

int Node::run_applications() {
  drop_secrets();
  close_keepers_sockets();
  if (repeaters_) repeaters_->close();
  listeners_.clear();
  raw_listeners_.clear();
  return app::run_applications(*this);
}

int Node::run_keeper() {
  lock_caches();
  KeeperListeners listeners;
  for (const net::Listener& listener : stats_listeners_)
    listeners.stats.push_back(&listener);
  if (http_stats_listener_) listeners.http_stats = &*http_stats_listener_;
  if (raw_stats_listener_) listeners.raw_stats = &*raw_stats_listener_;
  if (repeater_stats_listener_) listeners.repeater_stats = &*repeater_stats_listener_;
  for (const net::Listener& listener : cache_listeners_)
    listeners.caches.push_back(&listener);
  return app::run_keeper(*this, listeners);
}

ChildRow& Node::child_row(std::size_t place) const {
  const std::size_t worker = place - 1;
  if (worker < scoreboard_.size()) return scoreboard_.row(worker);
  const std::size_t raw_worker = worker - scoreboard_.size();
  if (raw_worker < raw_scoreboard_.size()) return raw_scoreboard_.row(raw_worker);
  const std::size_t process = raw_worker - raw_scoreboard_.size();
  if (repeaters_ && process < repeaters_->processes().size())
    return repeaters_->processes().row(process);
  return applications_->parent_row();
}

void Node::forget_connections(std::size_t place) const {
  const std::size_t worker = place - 1;
  if (worker < scoreboard_.size()) {
    scoreboard_.row(worker).router.active_sessions.set(0);
  } else if (worker - scoreboard_.size() < raw_scoreboard_.size()) {
    raw_scoreboard_.forget_connections(worker - scoreboard_.size());
  }
}

void Node::close_keepers_sockets() {
  stats_listeners_.clear();
  cache_listeners_.clear();
  http_stats_listener_.reset();
  raw_stats_listener_.reset();
  repeater_stats_listener_.reset();
  for (const auto* subscriptions : {&http_subscriptions_, &raw_subscriptions_}) {
    if (*subscriptions) (*subscriptions)->close_servers();
  }
  for (const auto& replication : replications_)
    replication->leave_to_keeper();
}

int Node::run_repeater() {
  drop_secrets();
  close_keepers_sockets();
  listeners_.clear();
  raw_listeners_.clear();
  return repeaters_->run();
}

int Node::run_raw_worker(std::size_t index) {
  close_keepers_sockets();
  if (repeaters_) repeaters_->close();
  if (external_store_) external_store_->drop_secrets();
  raw_scoreboard_.forget_connections(index);
  std::vector<const net::Listener*> listeners;
  for (const net::Listener& listener : raw_listeners_)
    listeners.push_back(&listener);
  std::optional<subscription::Directory> directory;
  if (raw_subscriptions_) directory.emplace(raw_subscriptions_->directory(index));
  return app::run_raw_worker(
      {config_.raw, raw_scoreboard_.row(index).router, raw_scoreboard_.nodes_of(index), raw_nodes_,
       raw_fallbacks_, directory ? &*directory : nullptr},
      listeners, pause_);
}

int Node::run_worker(std::size_t index) {
  lock_caches();
  close_keepers_sockets();
  if (repeaters_) repeaters_->close();
  std::vector<router::Frontend> frontends;
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    frontends.push_back(
        {&listeners_[i], tls_contexts_[i].get(), &config_.http.listeners[i].redirect_port});
  }
  WorkerRow& row = scoreboard_.row(index);
  std::optional<subscription::Directory> directory;
  if (http_subscriptions_) directory.emplace(http_subscriptions_->directory(index));
  return app::run_worker(config_.http, row,
                         {backends_, fallbacks_, access_log(), directory ? &*directory : nullptr,
                          scoreboard_.nodes_of(index), host_lookup()},
                         std::move(frontends), {start_gate_, config_.sync.copy_patience},
                         elsewhere(index), pause_);
}

// A host's name has no case, a key of a cache has: as it was asked for, then in lower case.
router::HostLookup Node::host_lookup() const {
  const auto& name = config_.http.host_cache;
  if (!name) return {};
  cache::Cache* const cache =
      name->empty() ? caches_.all().front().get() : caches_.find(name->text);
  return [cache](std::string_view host) -> std::optional<std::string> {
    auto item = cache->get(host, unix_now());
    std::string small(host);
    std::transform(small.begin(), small.end(), small.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (!item && small != host) item = cache->get(small, unix_now());
    if (!item) return std::nullopt;
    return std::move(item->value);
  };
}

void Node::hand_over(process::Handover& handover) const {
  pause_.hand_over(handover);
  if (access_log_) app::hand_over(access_log_->shared(), access_log_kind, handover);
  for (const net::Listener& l : listeners_)
    handover.add("listener", l.address(), l.fd());
  for (const net::Listener& l : raw_listeners_)
    handover.add("listener", l.address(), l.fd());
  for (const net::Listener& l : stats_listeners_)
    handover.add("stats", l.address(), l.fd());
  for (const net::Listener& l : cache_listeners_)
    handover.add("cache-tcp", l.address(), l.fd());
  if (http_stats_listener_) {
    handover.add("stats", http_stats_listener_->address(), http_stats_listener_->fd());
  }
  if (raw_stats_listener_) {
    handover.add("stats", raw_stats_listener_->address(), raw_stats_listener_->fd());
  }
  if (repeater_stats_listener_) {
    handover.add("stats", repeater_stats_listener_->address(), repeater_stats_listener_->fd());
  }
  if (repeaters_) repeaters_->hand_over(handover);
  if (applications_) applications_->hand_over(handover);
  if (http_subscriptions_) http_subscriptions_->hand_over(handover);
  if (raw_subscriptions_) raw_subscriptions_->hand_over(handover);
  if (announces_) announces_->hand_over(handover);
  for (const auto& cache : caches_.all()) {
    handover.add("cache", cache->settings().name, cache->region_fd());
  }
  for (const auto& replication : replications_)
    replication->hand_over(handover);
}

}  // namespace reprise::app
