#include "compat/stats_json.hpp"

#include <algorithm>

#include "compat/store_json.hpp"
#include "compat/sync_json.hpp"
#include "compat/uwsgi_json.hpp"
#include "compat/workers_json.hpp"

namespace reprise::compat {
namespace {

void print_locks(JsonPrinter& json, const stats::Snapshot& snapshot) {
  json.begin_list("locks");
  for (const auto& [name, holder] : snapshot.locks) {
    json.begin_object();
    json.member(name, holder);
    json.end_object();
  }
  json.end_list();
}

void print_caches(JsonPrinter& json, const stats::Snapshot& snapshot) {
  json.begin_list("caches");
  for (const stats::CacheSnapshot& cache : snapshot.caches) {
    json.begin_object();
    json.member("name", cache.name);
    json.member("hash", cache.hash);
    json.member("hashsize", cache.hashsize);
    json.member("keysize", cache.keysize);
    json.member("max_items", cache.max_items);
    json.member("blocks", cache.blocks);
    json.member("blocksize", cache.blocksize);
    json.member("items", cache.items);
    json.member("hits", cache.hits);
    json.member("miss", cache.miss);
    json.member("full", cache.full);
    json.member("last_modified_at", cache.last_modified_at);
    json.end_object();
  }
  json.end_list();
}

// The "cache" object that the document on scaling TLS speaks of: of the sessions' cache.
void print_session_cache(JsonPrinter& json, const stats::CacheSnapshot& cache) {
  json.begin_object("cache");
  json.member("max_items", cache.max_items);
  json.member("blocksize", cache.blocksize);
  json.member("items", cache.items);
  json.member("hits", cache.hits);
  json.member("miss", cache.miss);
  json.member("full", cache.full);
  json.end_object();
}

// What uWSGI does not have, in the order of "caches".
void print_cache_details(JsonPrinter& json, const stats::Snapshot& snapshot) {
  json.begin_list("cache_details");
  for (const stats::CacheSnapshot& cache : snapshot.caches) {
    json.begin_object();
    json.member("name", cache.name);
    json.member("store", cache.store);
    json.member("used_bytes", cache.used_bytes);
    json.member("oldest_age", cache.oldest_age);
    json.member("evicted", cache.evicted);
    json.member("expired", cache.expired);
    json.member("repaired", cache.repaired);
    json.member("longest_hold_us", cache.longest_hold_us);
    json.member("longest_repair_us", cache.longest_repair_us);
    json.end_object();
  }
  json.end_list();
}

void print_tls(JsonPrinter& json, const stats::TlsSnapshot& tls) {
  json.begin_object("tls");
  json.begin_object("full");
  json.member("tls_1_2", tls.full_tls_1_2);
  json.member("tls_1_3", tls.full_tls_1_3);
  json.end_object();
  json.begin_object("resumed");
  json.member("tls_1_2", tls.resumed_tls_1_2);
  json.member("tls_1_3", tls.resumed_tls_1_3);
  json.end_object();
  json.begin_object("found");
  json.member("made_here", tls.hits[0]);
  json.member("pushed", tls.hits[1]);
  json.member("pulled", tls.hits[2]);
  json.end_object();
  json.begin_object("missed");
  for (const auto& [reason, count] : tls.missed)
    json.member(reason, count);
  json.end_object();
  json.begin_object("failed");
  for (const auto& [reason, count] : tls.failed)
    json.member(reason, count);
  json.end_object();
  json.member("sessions_stored", tls.sessions_stored);
  json.member("sessions_refused", tls.sessions_refused);
  json.end_object();
}

void print_routers(JsonPrinter& json, const stats::Snapshot& snapshot) {
  json.begin_list("routers");
  for (const stats::RouterSnapshot& router : snapshot.routers) {
    json.begin_object();
    json.member("id", router.id);
    json.member("pid", router.pid);
    json.member("respawns", router.respawns);
    json.member("accepted", router.accepted);
    json.member("accept_failed", router.accept_failed);
    json.member("active_sessions", router.active_sessions);
    json.member("requests", router.requests);
    json.member("bytes_in", router.bytes_in);
    json.member("bytes_out", router.bytes_out);
    json.member("bad_requests", router.bad_requests);
    json.member("upstream_failed", router.upstream_failed);
    json.member("upstream_timed_out", router.upstream_timed_out);
    json.member("truncated", router.truncated);
    json.member("client_timed_out", router.client_timed_out);
    json.member("client_closed", router.client_closed);
    json.member("fields_dropped", router.fields_dropped);
    json.member("proxy_refused", router.proxy_refused);
    json.begin_object("backends");
    for (const auto& [name, count] : router.backends)
      json.member(name, count);
    json.end_object();
    json.begin_object("limits");
    for (const auto& [name, count] : router.limits)
      json.member(name, count);
    json.end_object();
    json.begin_object("answers");
    for (const auto& [status, count] : router.answers)
      json.member(status, count);
    json.end_object();
    json.end_object();
  }
  json.end_list();
}

std::uint64_t longest_queue(const stats::Snapshot& snapshot) {
  std::uint64_t longest = 0;
  for (const stats::SocketSnapshot& socket : snapshot.sockets)
    longest = std::max(longest, socket.queue);
  return longest;
}

}  // namespace

std::string stats_json(const stats::Snapshot& snapshot, bool minified) {
  JsonPrinter json(minified);
  json.begin_object();
  json.member("version", snapshot.version);
  json.member("listen_queue", longest_queue(snapshot));
  json.member("listen_queue_errors", std::uint64_t{0});
  json.member("signal_queue", std::uint64_t{0});
  json.member("load", longest_queue(snapshot));
  json.member("pid", snapshot.pid);
  json.member("uid", snapshot.uid);
  json.member("gid", snapshot.gid);
  json.member("cwd", snapshot.cwd);
  print_locks(json, snapshot);
  if (!snapshot.caches.empty()) {
    print_caches(json, snapshot);
    print_session_cache(json, snapshot.caches[snapshot.session_cache.value_or(0)]);
    print_cache_details(json, snapshot);
  }
  if (!snapshot.sync.empty()) {
    json.begin_list("sync");
    for (const stats::SyncSnapshot& sync : snapshot.sync)
      print_sync(json, sync);
    json.end_list();
  }
  if (snapshot.service) print_service(json, *snapshot.service);
  if (snapshot.store) print_store(json, *snapshot.store);
  if (snapshot.tls) print_tls(json, *snapshot.tls);
  print_routers(json, snapshot);
  print_workers(json, snapshot);
  json.end_object();
  return json.take();
}

}  // namespace reprise::compat
