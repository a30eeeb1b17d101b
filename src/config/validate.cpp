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
      !config.application.sockets.empty()) {
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
  std::vector<std::string> warnings;
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
