#include "config/validate.hpp"

#include <algorithm>
#include <fstream>
#include <set>
#include <stdexcept>

#include <fmt/format.h>

namespace reprise::config {
namespace {

// Nothing if the system does not tell.
long system_queue_limit() {
  long limit = 0;
  std::ifstream("/proc/sys/net/core/somaxconn") >> limit;
  return limit;
}

void check_queue(const Config& config) {
  const long limit = system_queue_limit();
  if (limit == 0 || config.process.listen_backlog <= limit) return;
  const std::string words = fmt::format(
      "Listen queue size is greater than the system max net.core.somaxconn ({}).\n"
      "listen = {}: at most {} expected, or a larger limit of the system",
      limit, config.process.listen_backlog, limit);
  throw std::runtime_error(with_origin(words, config.process.listen_origin));
}

void check_host_cache(const Config& config) {
  const auto& wanted = config.http.host_cache;
  if (!wanted) return;
  const bool found = std::any_of(
      config.caches.begin(), config.caches.end(),
      [&](const cache::Settings& cache) { return wanted->empty() || cache.name == wanted->text; });
  if (found) return;
  throw std::runtime_error(with_origin(
      wanted->empty() ? "http-use-cache: there is no cache; cache2 = name=...,items=... expected"
                      : fmt::format("http-use-cache: there is no cache \"{}\"", wanted->text),
      wanted->origin));
}

// Options of a repeater that has no address.
void check_repeater(const Config& config) {
  const repeater::Settings& settings = config.repeater;
  const auto fail = [](const Written& written) {
    throw std::runtime_error(with_origin(
        "there is no udprepeater for this option: udprepeater = HOST:PORT expected beside it",
        written.origin));
  };
  for (const repeater::GatewaySettings& gateway : settings.gateways) {
    if (!gateway.address.empty()) continue;
    for (const auto* list : {&gateway.members, &gateway.servers})
      if (!list->empty()) fail(list->front());
  }
  if (settings.gateways.empty() && !settings.stats.empty()) fail(settings.stats);
}

void check_own_socket(const Config& config) {
  const auto& wanted = config.http.own_socket;
  if (!wanted) return;
  const auto& sockets = config.application.sockets;
  const bool there = wanted->number < sockets.size() &&
                     sockets[wanted->number].protocol == application::Protocol::uwsgi;
  if (there) return;
  throw std::runtime_error(with_origin(
      fmt::format("http-use-socket: there is no socket {} that speaks uwsgi; the first is 0",
                  wanted->number),
      wanted->origin));
}

[[noreturn]] void refuse(const std::string& words, const std::string& origin) {
  throw std::runtime_error(with_origin(words, origin));
}

void check_backend_http(const Config& config) {
  const router::Settings& http = config.http;
  const router::BackendHttp& wanted = http.backend_http;
  if (!wanted.wanted && wanted.kept > 0) {
    refuse(
        "http-backend-keepalive needs http-backend-http = true: a uwsgi server has one request a "
        "connection",
        wanted.kept_origin);
  }
  if (!wanted.wanted) return;
  const bool own = http.own_socket || (config.application.wanted() && http.upstreams.empty());
  if (own) {
    refuse(
        "http-backend-http: the applications of this file are asked in the uwsgi protocol; leave "
        "it out, or name HTTP servers by http-to",
        wanted.origin);
  }
  if (http.raw_body) {
    refuse("http-backend-http: HTTP/1.1 has no bodies without an end; leave http-raw-body out",
           wanted.origin);
  }
}

// What only packets can say.
void warn_of_packets(const router::Settings& http, std::vector<std::string>& warnings) {
  if (!http.backend_http.wanted) return;
  const bool modifiers = http.modifier1 != 0 || http.modifier2 != 0;
  if (modifiers || !http.variables.empty() || http.export_client_certificate) {
    warnings.push_back(
        "http-backend-http: http-var, http-modifier1, http-modifier2 and https-export-cert say "
        "nothing to HTTP backends");
  }
}

void check_store(const Config& config, std::vector<std::string>& warnings) {
  const store::Settings& store = config.store;
  const auto fail = [](const char* words, const Written& at) {
    throw std::runtime_error(with_origin(words, at.origin));
  };
  if (!store.wanted()) {
    if (!store.secret.empty())
      fail("ssl-sessions-store-secret without a store: ssl-sessions-store = URL expected",
           store.secret);
    return;
  }
  if (store.secret.empty() && !store.plain) {
    fail(
        "what is stored has to be sealed: ssl-sessions-store-secret = FILE expected, of "
        "`reprise genkey FILE`, or ssl-sessions-store-plain = true",
        store.url);
  }
  if (!store.secret.empty() && store.plain)
    fail("sealed or in the clear: leave this out, or ssl-sessions-store-plain", store.secret);
  const auto& listeners = config.http.listeners;
  const bool any = std::any_of(listeners.begin(), listeners.end(), [](const auto& listener) {
    return listener.tls && listener.tls->policy.session_cache;
  });
  if (any) return;
  warnings.push_back(
      "no session goes to the store: ssl-sessions-use-cache expected above an https listener");
}

}  // namespace

void check_listeners(const Config& config) {
  if (!config.http.listeners.empty() || !config.raw.listeners.empty() ||
      !config.application.sockets.empty() || !config.repeater.gateways.empty()) {
    return;
  }
  throw std::runtime_error(
      "The -s/--socket option is missing and stdin is not a socket.\n"
      "nothing to serve: a listener expected, e.g. https = :8443,server.crt,server.key");
}

std::vector<std::string> validate(const Config& config) {
  const bool http = !config.http.listeners.empty();
  const bool raw = !config.raw.listeners.empty();
  const bool applications = config.application.wanted();
  if (config.application.apps.empty()) check_listeners(config);
  check_queue(config);
  check_host_cache(config);
  check_own_socket(config);
  check_backend_http(config);
  check_repeater(config);
  std::vector<std::string> warnings;
  warn_of_packets(config.http, warnings);
  const bool redirects_only = std::all_of(
      config.http.listeners.begin(), config.http.listeners.end(),
      [](const router::ListenerSettings& listener) { return listener.redirect_port.has_value(); });
  if (http && !applications && !redirects_only && config.http.upstreams.empty() &&
      config.http.fallbacks.empty() && !config.http.named_nodes && !config.http.host_cache &&
      !config.http.own_socket && !config.http_subscriptions.wanted()) {
    warnings.push_back("no http-to: every request will be answered with 503");
  }
  if (raw && config.raw.nodes.empty() && config.raw.fallbacks.empty() &&
      !config.raw_subscriptions.wanted()) {
    warnings.push_back("no rawrouter-to: every connection to the rawrouter will be closed");
  }
  const auto& apps = config.application;
  if (apps.harakiri.count() > 0 && apps.post_buffering == 0) {
    warnings.push_back(
        "harakiri without post-buffering: a slow upload counts against the request that it is for");
  }
  check_store(config, warnings);
  std::set<std::string> names;
  for (const cache::Settings& cache : config.caches) {
    if (!names.insert(cache.name).second) {
      warnings.push_back(
          fmt::format("two caches are called \"{}\": the first is used", cache.name));
    }
  }
  return warnings;
}

}  // namespace reprise::config
