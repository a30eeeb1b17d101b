#include "check/plan.hpp"

#include <fmt/format.h>

namespace reprise::check {
namespace {

std::string seconds(std::chrono::seconds time) {
  return fmt::format("{} s", time.count());
}

std::string texts(const std::vector<Written>& all) {
  std::string joined;
  for (const Written& one : all)
    joined += (joined.empty() ? "" : ", ") + one.text;
  return joined;
}

const char* words_for(tls::ClientCertificate rule) {
  switch (rule) {
    case tls::ClientCertificate::optional:
      return "asked for";
    case tls::ClientCertificate::required:
      return "required";
    case tls::ClientCertificate::none:
      break;
  }
  return "not asked for";
}

// Adds facts that are worth a word.
class Item {
public:
  Item(std::string topic, std::string subject) : item_{std::move(topic), std::move(subject), {}} {}

  Item& fact(std::string name, std::string value) {
    if (!value.empty()) item_.facts.emplace_back(std::move(name), std::move(value));
    return *this;
  }
  template <class Number>
  Item& number(std::string name, Number value, Number usual) {
    return fact(std::move(name), value == usual ? "" : std::to_string(value));
  }
  const PlanItem& made() const { return item_; }

private:
  PlanItem item_;
};

void add_identity(Item& item, const tls::Identity& identity) {
  item.fact("certificate", identity.certificate_file).fact("key", identity.key_file);
  item.fact("ciphers", identity.ciphers);
  if (identity.client_certificate == tls::ClientCertificate::none) return;
  item.fact("client-certificates", words_for(identity.client_certificate));
  item.fact("client-ca", identity.client_ca_file);
}

void add_sessions(Item& item, const tls::Policy& policy) {
  item.fact("sessions", policy.session_cache ? "cache " + *policy.session_cache : "tickets");
  item.fact("session-lifetime", seconds(tls::session_lifetime(policy)));
}

class Plan {
public:
  explicit Plan(const config::Config& config) : config_(config) {}

  std::vector<PlanItem> take() {
    for (const router::ListenerSettings& listener : config_.http.listeners)
      add_listener(listener);
    for (const tls::SniEntry& entry : config_.sni.entries)
      add_name(entry);
    if (!config_.sni.directory.empty()) {
      add(Item("server-names", config_.sni.directory).fact("kind", "directory"));
    }
    for (const Written& address : config_.raw.listeners)
      add(Item("listener", address.text).fact("protocol", "tcp (rawrouter)"));
    for (const cache::Settings& cache : config_.caches)
      add_cache(cache);
    add_routers();
    add_repeaters();
    add_subscriptions();
    add_applications();
    add_services();
    add_process();
    return std::move(items_);
  }

private:
  void add(const Item& item) { items_.push_back(item.made()); }

  void add_listener(const router::ListenerSettings& listener) {
    Item item("listener", listener.address);
    item.fact("protocol", listener.tls ? "https" : "http");
    if (listener.redirect_port) {
      const std::string& port = *listener.redirect_port;
      item.fact("redirects-to", port.empty() ? "https" : "https, port " + port);
    }
    if (listener.tls) {
      add_identity(item, listener.tls->identity);
      add_sessions(item, listener.tls->policy);
      item.fact("session-context", listener.tls->session_context);
      if (listener.tls->for_openssl_1_0) item.fact("shares-with", "OpenSSL 1.0");
    }
    add(item);
  }

  void add_name(const tls::SniEntry& entry) {
    Item item("server-name", entry.pattern);
    if (entry.regexp) item.fact("kind", "expression");
    add_identity(item, entry.identity);
    add(item);
  }

  void add_cache(const cache::Settings& cache) {
    Item item("cache", cache.name);
    item.number("items", cache.max_items, std::uint64_t{0});
    item.number("blocksize", cache.blocksize, std::uint64_t{0});
    item.fact("store", cache.store);
    item.fact("hears-at", texts(cache.udp_servers)).fact("tells", texts(cache.udp_nodes));
    item.fact("copies-from", texts(cache.sync_nodes)).fact("secret", cache.secret.text);
    add(item);
  }

  void add_routers() {
    const router::Settings& http = config_.http;
    if (!http.listeners.empty()) {
      Item item("router", "http");
      item.fact("processes", std::to_string(http.processes));
      item.fact("backends", texts(http.upstreams)).fact("fallbacks", texts(http.fallbacks));
      if (http.named_nodes) {
        item.fact("backends", http.named_nodes->before + "HOST" + http.named_nodes->after);
      }
      if (http.upstreams.empty() && config_.application.wanted()) {
        item.fact("backends", "its own applications");
      }
      item.fact("access-log", http.access_log.target.text);
      add(item);
    }
    const router::RawSettings& raw = config_.raw;
    if (raw.listeners.empty()) return;
    add(Item("router", "rawrouter")
            .fact("processes", std::to_string(raw.processes))
            .fact("backends", texts(raw.nodes))
            .fact("fallbacks", texts(raw.fallbacks)));
  }

  void add_repeaters() {
    const repeater::Settings& settings = config_.repeater;
    for (const repeater::GatewaySettings& gateway : settings.gateways) {
      add(Item("repeater", gateway.address.text)
              .fact("processes", std::to_string(settings.processes))
              .fact("members", texts(gateway.members))
              .fact("announces-at", texts(gateway.servers)));
    }
  }

  void add_subscriptions() {
    const auto& check = config_.subscriptions.sign_check;
    for (const auto* server : {&config_.http_subscriptions, &config_.raw_subscriptions}) {
      for (const Written& address : server->addresses) {
        Item item("nodes-from", address.text);
        item.fact("of", server->router).fact("fallback-key", server->fallback_key);
        if (check) item.fact("signed", check->digest + ", by keys in " + check->directory);
        add(item);
      }
    }
    for (const subscription::Subscription& announce : config_.announces.subscriptions) {
      add(Item("announce", announce.key)
              .fact("to", announce.server)
              .fact("address", announce.address)
              .fact("signed", announce.digest));
    }
  }

  void add_applications() {
    const application::Settings& settings = config_.application;
    if (!settings.wanted()) return;
    for (const application::AppSettings& app : settings.apps) {
      add(Item("application", app.target)
              .fact("callable", app.callable.empty() ? settings.callable : app.callable)
              .fact("mounted-at", app.mountpoint));
    }
    for (const application::SocketSettings& socket : settings.sockets) {
      const bool http = socket.protocol == application::Protocol::http;
      add(Item("listener", socket.address.text)
              .fact("protocol", http ? "http, to applications" : "uwsgi, to applications"));
    }
    add(Item("workers", std::to_string(settings.processes))
            .number("threads", settings.threads, 1)
            .fact("python-home", settings.python.home.text));
  }

  void add_services() {
    for (const Written& address : config_.stats.addresses)
      add(Item("stats", address.text));
    if (!config_.http.stats.empty()) {
      add(Item("stats", config_.http.stats.text).fact("of", "http"));
    }
    if (!config_.raw.stats.empty()) {
      add(Item("stats", config_.raw.stats.text).fact("of", "rawrouter"));
    }
    if (!config_.repeater.stats.empty()) {
      add(Item("stats", config_.repeater.stats.text).fact("of", "udprepeater"));
    }
    for (const Written& address : config_.sync.tcp_servers)
      add(Item("cache-server", address.text));
  }

  void add_process() {
    const process::Settings& process = config_.process;
    const bool background = !process.log.daemonize.empty() || !process.log.daemonize2.empty();
    Item item("process", background ? "background" : "foreground");
    item.fact("user", process.uid.text).fact("group", process.gid.text);
    item.fact("directory", process.chdir.text);
    item.fact("log", process.log.last().text);
    for (const auto& file : process.pidfiles)
      item.fact(file.name, file.path.text);
    item.fact("orders-from", texts(process.fifos));
    std::vector<Written> touched;
    for (const auto& touch : process.touches)
      if (touch.order == process::Order::reload) touched.push_back(touch.path);
    item.fact("reloads-with", texts(touched));
    item.fact("sigterm", process.die_on_term ? "stops" : "reloads");
    add(item);
  }

  const config::Config& config_;
  std::vector<PlanItem> items_;
};

}  // namespace

std::vector<PlanItem> plan_of(const config::Config& config) {
  return Plan(config).take();
}

}  // namespace reprise::check
