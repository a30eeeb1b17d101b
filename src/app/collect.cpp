#include "app/collect.hpp"

#include <unistd.h>

#include "app/collect_store.hpp"
#include "app/collect_sync.hpp"
#include "app/collect_workers.hpp"
#include "base/clock.hpp"
#include "compat/load.hpp"

namespace reprise::app {
namespace {

stats::CacheSnapshot snapshot_of(cache::Cache& cache) {
  const cache::Settings& settings = cache.settings();
  const cache::Counts counts = cache.counts();
  stats::CacheSnapshot out;
  out.name = settings.name;
  out.hash = cache::name_of(settings.hash);
  out.hashsize = settings.hashsize;
  out.keysize = settings.keysize;
  out.max_items = settings.max_items;
  out.blocks = settings.all_blocks();
  out.blocksize = settings.blocksize;
  out.items = counts.items;
  out.hits = counts.hits;
  out.miss = counts.miss;
  out.full = counts.full;
  out.last_modified_at = counts.last_modified_at;
  out.evicted = counts.evicted;
  out.expired = counts.expired;
  out.repaired = counts.repaired;
  out.used_bytes = counts.used_bytes;
  const UnixSeconds oldest = cache.oldest_written(), now = unix_now();
  out.oldest_age = oldest == 0 || oldest > now ? 0 : now - oldest;
  out.longest_hold_us = counts.longest_hold_us;
  out.longest_repair_us = counts.longest_repair_us;
  out.store = settings.store;
  return out;
}

stats::ServiceSnapshot snapshot_of(const sync::ServiceCounters& counters,
                                   const std::vector<Written>& servers) {
  stats::ServiceSnapshot out;
  for (const Written& server : servers)
    out.addresses.push_back(server.text);
  out.connections = counters.connections.get();
  out.active = counters.active.get();
  out.cut = counters.cut.get();
  out.malformed = counters.malformed.get();
  out.other_key = counters.other_key.get();
  out.forged = counters.forged.get();
  out.commands = counters.commands.get();
  out.copies = counters.copies.get();
  out.dumps = counters.dumps.get();
  out.busy = counters.busy.get();
  out.items_sent = counters.items_sent.get();
  out.bytes_sent = counters.bytes_sent.get();
  out.withheld = counters.withheld.get();
  out.left_out = counters.left_out.get();
  return out;
}

struct BackendName {
  const char* name;
  shm::Counter router::BackendCounters::*counter;
};

constexpr BackendName backend_names[] = {
    {"opened", &router::BackendCounters::opened},     {"kept", &router::BackendCounters::kept},
    {"reused", &router::BackendCounters::reused},     {"stale", &router::BackendCounters::stale},
    {"repeated", &router::BackendCounters::repeated},
};

struct LimitName {
  const char* name;
  shm::Counter router::LimitCounters::*counter;
};

constexpr LimitName limit_names[] = {
    {"head_bytes", &router::LimitCounters::head_bytes},
    {"head_fields", &router::LimitCounters::head_fields},
    {"head_time", &router::LimitCounters::head_time},
    {"body", &router::LimitCounters::body},
    {"body_time", &router::LimitCounters::body_time},
    {"kept_bodies", &router::LimitCounters::kept_bodies},
    {"connections", &router::LimitCounters::connections},
    {"requests", &router::LimitCounters::requests},
    {"response_head", &router::LimitCounters::response_head},
};

stats::RouterSnapshot snapshot_of(const WorkerRow& row, std::uint64_t id) {
  const router::Counters& counters = row.router;
  stats::RouterSnapshot out;
  out.id = id;
  out.pid = row.pid.get();
  out.respawns = row.starts.get() > 0 ? row.starts.get() - 1 : 0;
  out.accepted = counters.accepted.get();
  out.accept_failed = counters.accept_failed.get();
  out.active_sessions = counters.active_sessions.get();
  out.requests = counters.requests.get();
  out.bytes_in = counters.bytes_in.get();
  out.bytes_out = counters.bytes_out.get();
  out.bad_requests = counters.bad_requests.get();
  out.upstream_failed = counters.upstream_failed.get();
  out.upstream_timed_out = counters.upstream_timed_out.get();
  out.truncated = counters.truncated.get();
  out.client_timed_out = counters.client_timed_out.get();
  out.client_closed = counters.client_closed.get();
  out.fields_dropped = counters.fields_dropped.get();
  out.proxy_refused = counters.proxy_refused.get();
  for (const BackendName& backend : backend_names)
    out.backends.emplace_back(backend.name, (counters.backends.*backend.counter).get());
  for (const LimitName& limit : limit_names)
    out.limits.emplace_back(limit.name, (counters.limits.*limit.counter).get());
  for (const protocol::Status status : protocol::own_answers) {
    out.answers.emplace_back(std::to_string(static_cast<int>(status)),
                             counters.answers.at(protocol::place_of(status)).get());
  }
  return out;
}

struct Reason {
  const char* name;
  shm::Counter tls::Counters::*counter;
};

constexpr Reason failure_reasons[] = {
    {"plain_http", &tls::Counters::failed_plain_http},
    {"not_tls", &tls::Counters::failed_not_tls},
    {"timeout", &tls::Counters::failed_timeout},
    {"closed", &tls::Counters::failed_closed},
    {"version", &tls::Counters::failed_version},
    {"cipher", &tls::Counters::failed_cipher},
    {"certificate", &tls::Counters::failed_certificate},
    {"alert", &tls::Counters::failed_alert},
    {"other", &tls::Counters::failed_other},
};

constexpr Reason miss_reasons[] = {
    {"unknown", &tls::Counters::miss_unknown},
    {"expired", &tls::Counters::miss_expired},
    {"other_context", &tls::Counters::miss_other_context},
    {"undecodable", &tls::Counters::miss_undecodable},
    {"untrusted", &tls::Counters::miss_untrusted},
    {"forged", &tls::Counters::miss_forged},
    {"erased", &tls::Counters::miss_erased},
    {"evicted", &tls::Counters::miss_evicted},
    {"lost_in_sync", &tls::Counters::miss_lost},
    {"pull_timed_out", &tls::Counters::miss_timed_out},
    {"pull_refused", &tls::Counters::miss_refused},
};

stats::TlsSnapshot tls_sums(const Scoreboard& scoreboard) {
  const auto sum = [&](shm::Counter tls::Counters::*counter) {
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < scoreboard.size(); ++i) {
      total += (scoreboard.row(i).tls.*counter).get();
    }
    return total;
  };
  stats::TlsSnapshot out;
  out.full_tls_1_2 = sum(&tls::Counters::full_tls_1_2);
  out.full_tls_1_3 = sum(&tls::Counters::full_tls_1_3);
  out.resumed_tls_1_2 = sum(&tls::Counters::resumed_tls_1_2);
  out.resumed_tls_1_3 = sum(&tls::Counters::resumed_tls_1_3);
  out.sessions_stored = sum(&tls::Counters::sessions_stored);
  out.sessions_refused = sum(&tls::Counters::sessions_refused);
  for (const Reason& reason : miss_reasons)
    out.missed.emplace_back(reason.name, sum(reason.counter));
  for (const Reason& reason : failure_reasons)
    out.failed.emplace_back(reason.name, sum(reason.counter));
  for (std::size_t i = 0; i < scoreboard.size(); ++i) {
    for (std::size_t way = 0; way < tls::session_ways; ++way)
      out.hits[way] += scoreboard.row(i).tls.hits[way].get();
  }
  return out;
}

// uWSGI's locks in the order in which it makes them. Those of applications have a holder; nobody
// holds another for longer than a reader of the stats could notice.
std::vector<std::pair<std::string, std::uint64_t>> locks_of(const Node& node) {
  const config::Config& config = node.config();
  std::vector<std::pair<std::string, std::uint64_t>> locks;
  for (std::size_t i = 0; i <= static_cast<std::size_t>(config.application.locks); ++i) {
    const Applications* applications = node.applications();
    locks.emplace_back("user " + std::to_string(i),
                       applications == nullptr ? 0 : applications->locks().holder(i));
  }
  for (const char* name : {"signal", "filemon", "timer", "rbtimer", "cron", "rpc"})
    locks.emplace_back(name, 0);
  if (!config.caches_before_routers) locks.emplace_back("snmp", 0);
  for (const cache::Settings& cache : config.caches)
    locks.emplace_back("cache_" + cache.name, 0);
  if (config.caches_before_routers) locks.emplace_back("snmp", 0);
  return locks;
}

}  // namespace

std::string working_directory() {
  char path[4096];
  return ::getcwd(path, sizeof path) != nullptr ? path : "";
}

stats::Snapshot collect(const Node& node, pid_t master) {
  const config::Config& config = node.config();
  stats::Snapshot out;
  out.version = compat::version;
  out.pid = static_cast<std::uint64_t>(master);
  out.uid = ::getuid();
  out.gid = ::getgid();
  out.cwd = working_directory();
  out.locks = locks_of(node);
  for (const auto& cache : node.caches().all())
    out.caches.push_back(snapshot_of(*cache));
  const std::vector<Written>& tcp_servers = config.sync.tcp_servers;
  if (!tcp_servers.empty())
    out.service = snapshot_of(node.service_ledger().counters(), tcp_servers);
  for (const auto& replication : node.replications()) {
    const cache::Settings& settings = replication->settings();
    if (settings.has_peers() || !settings.sync_nodes.empty() || out.service) {
      out.sync.push_back(snapshot_of(*replication));
    }
  }
  if (node.external_store() != nullptr) out.store = snapshot_of(*node.external_store());
  bool any_tls = false;
  for (const router::ListenerSettings& listener : config.http.listeners) {
    if (!listener.tls) continue;
    any_tls = true;
    const auto& name = listener.tls->policy.session_cache;
    for (std::size_t i = 0; name && !out.session_cache && i < out.caches.size(); ++i) {
      if (out.caches[i].name == *name) out.session_cache = i;
    }
  }
  if (any_tls) out.tls = tls_sums(node.scoreboard());
  for (std::size_t i = 0; i < node.scoreboard().size(); ++i) {
    out.routers.push_back(snapshot_of(node.scoreboard().row(i), i + 1));
  }
  if (node.applications() != nullptr) collect_workers(node, out);
  return out;
}

}  // namespace reprise::app
