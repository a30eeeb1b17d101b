// Sessions in servers that many nodes share.
#include <fmt/format.h>

#include "compat/builder.hpp"
#include "compat/options/cache2.hpp"
#include "compat/options/distance.hpp"
#include "compat/options/registry.hpp"
#include "parsers/store_url/store_url.hpp"

namespace reprise::compat {
namespace {

namespace url = parsers::store_url;

constexpr int most_database = 1000000;
constexpr std::size_t most_prefix = 64;

std::string address_of(const url::Server& server, std::uint16_t usual_port) {
  if (!server.path.empty()) return server.path;
  const std::string host = server.ipv6 ? "[" + server.host + "]" : server.host;
  return fmt::format("{}:{}", host, server.port.value_or(usual_port));
}

bool flag_of(const std::string& value, bool& into) {
  into = value == "1" || value == "true";
  return into || value == "0" || value == "false";
}

struct Parameters {
  Builder& builder;
  const OptionUse& use;
  store::Settings& settings;
  bool is_redis;

  [[noreturn]] void fail(parsers::Position at, const std::string& expected) const {
    builder.fail(use, fmt::format("[{}] no store", use.name), parsers::SyntaxError(at, expected));
  }

  void take(const url::Parameter& parameter) {
    const std::string& value = parameter.value;
    const auto file = [&](Written& into) {
      if (value.empty()) fail(parameter.value_at, "the path of a file");
      into = {value, use.place.describe_key("for this file")};
    };
    const auto flag = [&](bool& into) {
      if (!flag_of(value, into)) fail(parameter.value_at, "1 or 0");
    };
    if (parameter.key == "tls") return flag(settings.tls);
    if (parameter.key == "ca") return file(settings.tls_settings.ca_file);
    if (parameter.key == "cert") return file(settings.tls_settings.certificate_file);
    if (parameter.key == "key") return file(settings.tls_settings.key_file);
    if (parameter.key == "name") {
      settings.tls_settings.name = value;
      return;
    }
    if (!is_redis) fail(parameter.key_at, "tls, ca, cert, key or name");
    if (parameter.key == "cluster") return flag(settings.cluster);
    if (parameter.key == "db") return take_database(parameter);
    if (parameter.key == "password-file") return file(settings.password_file);
    if (parameter.key != "user")
      fail(parameter.key_at, "cluster, db, user, password-file, tls, ca, cert, key or name");
    settings.user = value;
  }

  void take_database(const url::Parameter& parameter) {
    int number = 0;
    for (const char c : parameter.value) {
      if (c < '0' || c > '9' || number > most_database)
        fail(parameter.value_at, "the number of a database");
      number = number * 10 + (c - '0');
    }
    if (parameter.value.empty()) fail(parameter.value_at, "the number of a database");
    settings.database = number;
  }

  // What does not go together.
  void judge(const url::Url& parsed) const {
    const auto wrong = [&](std::string_view advice) {
      builder.fail(use, fmt::format("[{}] no store: {}", use.name, use.text()), advice);
    };
    for (const url::Server& server : parsed.servers) {
      if (server.port == 0) wrong("a port from 1 to 65535 expected");
    }
    if (settings.cluster && settings.database != 0)
      wrong("a cluster has database 0 only: leave db out");
    if (!settings.user.empty() && settings.password_file.empty())
      wrong("a user logs in with a password: password-file=FILE expected");
    const store::TlsSettings& tls = settings.tls_settings;
    const bool any_tls = !tls.ca_file.empty() || !tls.certificate_file.empty() ||
                         !tls.key_file.empty() || !tls.name.empty();
    if (any_tls && !settings.tls) wrong("ca, cert, key and name are for TLS: tls=1 expected");
    if (tls.certificate_file.empty() != tls.key_file.empty())
      wrong("a certificate goes with its key: cert=FILE&key=FILE expected");
  }
};

void set_store(Builder& b, const OptionUse& use) {
  url::Url parsed;
  try {
    parsed = url::parse(use.text());
  } catch (const parsers::SyntaxError& error) {
    b.fail(use, fmt::format("[{}] no store", use.name), error);
  }
  store::Settings& settings = b.config.store;
  const bool is_redis = parsed.engine == url::Engine::redis;
  store::Settings fresh;
  fresh.timeout = settings.timeout;
  fresh.secret = settings.secret;
  fresh.plain = settings.plain;
  fresh.prefix = settings.prefix;
  settings = std::move(fresh);
  settings.url = {use.text(), use.place.describe_key("for this store")};
  settings.engine = is_redis ? store::EngineKind::redis : store::EngineKind::memcached;
  settings.tls = parsed.tls;
  for (const url::Server& server : parsed.servers)
    settings.servers.push_back(address_of(server, is_redis ? 6379 : 11211));
  Parameters parameters{b, use, settings, is_redis};
  for (const url::Parameter& parameter : parsed.parameters)
    parameters.take(parameter);
  parameters.judge(parsed);
}

void set_prefix(Builder& b, const OptionUse& use) {
  const std::string& prefix = use.text();
  constexpr std::string_view allowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:/";
  if (prefix.size() > most_prefix || prefix.find_first_not_of(allowed) != std::string::npos) {
    b.fail(use, fmt::format("[{}] no prefix of keys: {}", use.name, prefix),
           "at most 64 letters, digits and - _ . : / expected");
  }
  b.config.store.prefix = prefix;
}

}  // namespace

std::vector<Option> session_store_options() {
  constexpr auto full = Support::full;
  constexpr auto required = Argument::required;
  return {
      {"ssl-sessions-store", required, full,
       "share TLS sessions through servers: redis://HOST:PORT,...?..., memcached://HOST:PORT,...",
       set_store},
      {"ssl-sessions-store-timeout", required, full,
       "milliseconds that a handshake waits for the store, 1 to 1000",
       [](Builder& b, const OptionUse& use) {
         b.config.store.timeout = std::chrono::milliseconds(b.integer_up_to(use, 1, 1000));
       }},
      {"ssl-sessions-store-secret", required, full, "seal what is stored under this file's secret",
       [](Builder& b, const OptionUse& use) {
         b.config.store.secret = secret_file(b, use, use.text());
       }},
      {"ssl-sessions-store-prefix", required, full, "what the store's keys begin with", set_prefix},
      {"ssl-sessions-store-plain", Argument::none, full,
       "store sessions in the clear, for whoever reaches the store",
       [](Builder& b, const OptionUse& use) {
         b.config.store.plain = b.flag(use);
         if (!b.flag(use)) return;
         b.warn(use, "whoever reaches the store has the sessions' keys, and can plant sessions");
       }},
  };
}

}  // namespace reprise::compat
