#include "compat/builder.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "compat/number.hpp"
#include "parsers/address/address.hpp"

namespace reprise::compat {
namespace {

constexpr std::uint64_t least_session_blocksize = 4096;  // as uWSGI demands
constexpr std::uint64_t session_id_size = 32;

// The position in the file of a position in the value.
parsers::Position within(const Place& place, parsers::Position in_value) {
  if (in_value.line != 1) return place.value;
  return {place.value.line, place.value.column + in_value.column - 1};
}

std::string line_of(const OptionUse& use, const OptionUse& seen_from) {
  if (use.place.source == seen_from.place.source) {
    return fmt::format("line {}", use.place.key.line);
  }
  return use.place.short_text();
}

}  // namespace

Builder::Builder(const std::vector<OptionUse>& uses, std::vector<std::string>& messages,
                 std::vector<Finding>& findings)
    : uses_(uses), messages_(messages), findings_(findings) {}

void Builder::warn(const OptionUse& use, std::string_view text, Code code, std::string_view fix) {
  messages_.push_back(fmt::format("*** WARNING: {}: {}{}{} ***", use.place.short_text(), text,
                                  fix.empty() ? "" : ": ", fix));
  findings_.push_back(finding_at(use, Severity::warning, code, text, fix));
}

void Builder::remark(const OptionUse& use, std::string_view text, Code code) {
  messages_.push_back(fmt::format("{}: {}", use.place.short_text(), text));
  findings_.push_back(finding_at(use, Severity::note, code, text));
}

void Builder::fail(const OptionUse& use, std::string_view words, std::string_view advice,
                   Code code) const {
  ConfigurationError error(fmt::format("{}\n{}", words, use.place.describe_key(advice)), messages_);
  error.code = code;
  throw error;
}

void Builder::fail(const OptionUse& use, std::string_view words,
                   const parsers::SyntaxError& error) const {
  Place place = use.place;
  if (!use.rewritten) place.value = within(place, error.where);
  const std::string advice = fmt::format("{} expected", error.what());
  ConfigurationError failure(fmt::format("{}\n{}", words, place.describe_value(advice)), messages_);
  failure.code = Code::value;
  throw failure;
}

// Values.

bool Builder::flag(const OptionUse& use) const {
  return !use.value || reads_as_true(*use.value);
}

int Builder::integer(const OptionUse& use) {
  if (!use.value) return 1;
  const std::int64_t value = reads_as_integer(*use.value);
  constexpr auto max = std::numeric_limits<int>::max();
  if (value < 0 || value > max) {
    fail(use, fmt::format("invalid value for option \"{}\": must be > 0", use.name),
         fmt::format("a number from 0 to {} expected", max));
  }
  if (!is_whole_number(*use.value)) {
    warn(use, fmt::format("{} = {} is read as {}", use.name, *use.value, value));
  }
  return static_cast<int>(value);
}

int Builder::integer_up_to(const OptionUse& use, int least, int most) {
  const int value = integer(use);
  if (value < least || value > most) {
    fail(use, fmt::format("invalid value for option \"{}\"", use.name),
         fmt::format("a number from {} to {} expected", least, most));
  }
  return value;
}

std::uint64_t Builder::unsigned_number(const OptionUse& use) {
  return unsigned_number(use, use.text());
}

std::uint64_t Builder::unsigned_number(const OptionUse& use, const std::string& text) {
  const std::int64_t value = reads_as_integer(text);
  if (value < 0) {
    fail(use, fmt::format("invalid value for option \"{}\": {}", use.name, text),
         "a number that is not negative expected");
  }
  if (!is_whole_number(text)) {
    warn(use, fmt::format("\"{}\" of {} is read as {}", text, use.name, value));
  }
  return static_cast<std::uint64_t>(value);
}

mode_t Builder::file_mode(const OptionUse& use) const {
  const std::string& text = use.text();
  const bool octal = text.size() == 3 && text.find_first_not_of("01234567") == std::string::npos;
  if (!octal) fail(use, "invalid chmod value: " + text, "three octal digits expected, e.g. 660");
  return static_cast<mode_t>(std::stoul(text, nullptr, 8));
}

Written Builder::written(const OptionUse& use) const {
  return {use.text(), use.text().empty() ? "" : use.place.describe_key("for this option")};
}

void Builder::add_ranges(const OptionUse& use, std::vector<router::AddressRange>& to) const {
  std::string_view rest = use.text();
  for (bool more = true; more;) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const auto range = router::AddressRange::parse(rest.substr(0, comma));
    if (!range) {
      fail(use, "invalid value for option \"" + use.name + "\"",
           "addresses, ranges or unix expected: 10.0.0.0/8,2001:db8::1");
    }
    to.push_back(*range);
    more = comma < rest.size();
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
}

const std::string& Builder::address(const OptionUse& use, const std::string& text) const {
  try {
    parsers::address::parse(text);
  } catch (const parsers::SyntaxError& error) {
    fail(use, fmt::format("invalid address \"{}\" of option \"{}\"", text, use.name),
         fmt::format("{} expected", error.what()), Code::address);
  }
  return text;
}

// Caches.

cache::Settings* Builder::change_default_cache(const OptionUse& use) {
  if (default_cache_settled_by_ == nullptr) return &default_cache;
  const std::string where = line_of(*default_cache_settled_by_, use);
  warn(use,
       fmt::format("{} has no effect: the cache was made by the {} of {}", use.name,
                   default_cache_settled_by_->name, where),
       Code::order, fmt::format("move it above {}", where));
  return nullptr;
}

void Builder::add_cache(const OptionUse&, cache::Settings settings) {
  named_caches_.push_back(std::move(settings));
}

void Builder::add_cache_server(const OptionUse& use) {
  address(use, use.text());
  config.sync.tcp_servers.push_back(written(use));
}

void Builder::settle_sockets() {
  for (const OptionUse* use : sockets) {
    if (!config.application.apps.empty() || config.application.files.wanted()) {
      address(*use, use->text());
      config.application.sockets.push_back({written(*use), application::Protocol::uwsgi});
    } else if (has_cache_plugin) {
      add_cache_server(*use);
    } else {
      warn(*use,
           fmt::format("the option \"{}\" has no effect without an application (module, "
                       "wsgi-file) or plugins = cache",
                       use->name),
           Code::no_effect);
    }
  }
}

// Puts addresses in the place of `=N`. One socket is one listener's: what several took turns at
// would get each other's clients.
void Builder::settle_shared_sockets() {
  const auto& shared = config.process.shared_sockets;
  std::vector<bool> taken(shared.size());
  const auto settle = [&](std::string& address, const std::string& origin) {
    if (!address.starts_with('=')) return;
    const std::size_t index = std::stoul(address.substr(1));
    const bool known = index < shared.size();
    if (!known || taken[index]) {
      throw ConfigurationError(
          with_origin(known ? fmt::format("the shared socket {} has a listener already", index)
                            : fmt::format("unable to use shared socket {}", index),
                      origin),
          messages_);
    }
    taken[index] = true;
    address = shared[index].address.text;
  };
  const auto settle_written = [&](Written& written) { settle(written.text, written.origin); };
  for (router::ListenerSettings& listener : config.http.listeners)
    settle(listener.address, listener.origin);
  std::for_each(config.raw.listeners.begin(), config.raw.listeners.end(), settle_written);
  for (application::SocketSettings& socket : config.application.sockets)
    settle_written(socket.address);
  std::for_each(config.stats.addresses.begin(), config.stats.addresses.end(), settle_written);
  settle_written(config.http.stats);
  settle_written(config.raw.stats);
  settle_written(config.repeater.stats);
  for (std::size_t i = 0; i < shared.size(); ++i) {
    if (taken[i]) continue;
    messages_.push_back(fmt::format("*** WARNING: nothing listens at shared socket {} ({}) ***", i,
                                    shared[i].address.text));
  }
}

const OptionUse* Builder::later(const OptionUse& use, std::string_view name) const {
  const auto after = uses_.begin() + (&use - uses_.data()) + 1;
  const auto found =
      std::find_if(after, uses_.end(), [&](const OptionUse& other) { return other.name == name; });
  return found == uses_.end() ? nullptr : &*found;
}

std::string Builder::advice_on_cache(const OptionUse& use) const {
  for (const std::string_view name : {"cache", "cache2"}) {
    if (const OptionUse* below = later(use, name)) {
      return fmt::format("move the {} of {} above this line", name, line_of(*below, use));
    }
  }
  return "declare the cache above this line: cache = 20000 or cache2 = name=...,items=20000";
}

cache::Settings& Builder::find_session_cache(const OptionUse& use, const std::string& name) {
  const bool has_default = default_cache.max_items > 0;
  if (has_default && name == default_cache.name) return default_cache;
  for (cache::Settings& cache : named_caches_) {
    if (cache.name == name) return cache;
  }
  // "true" stands for the first one, unless one is called so.
  const bool first = name == "true" || name.empty();
  if (first && has_default) return default_cache;
  if (first && !named_caches_.empty()) return named_caches_.front();
  fail(use, fmt::format("unable to find cache \"{}\"", name), advice_on_cache(use), Code::order);
}

tls::Policy Builder::policy_with_cache(const OptionUse& use) {
  tls::Policy copy = policy;
  if (!session_cache) return copy;
  cache::Settings& cache = find_session_cache(use, *session_cache);
  if (cache.blocksize < least_session_blocksize) {
    fail(use, "cache blocksize for SSL session store must be at least 4096 bytes",
         fmt::format("the blocksize of cache \"{}\" is {}", cache.name, cache.blocksize));
  }
  if (cache.keysize < session_id_size) {
    fail(use,
         fmt::format("cache keysize for SSL session store must be at least {} bytes",
                     session_id_size),
         fmt::format("the keysize of cache \"{}\" is {}", cache.name, cache.keysize));
  }
  if (cache.eviction == cache::Eviction::refuse && !cache.clear_on_full) {
    cache.eviction = cache::Eviction::oldest;
  }
  // Sessions have an end, whatever makes room for them.
  if (cache.expiring == cache::Expiring::off) cache.expiring = cache::Expiring::sweeper;
  copy.session_cache = cache.name;
  config.caches_before_routers = true;
  if (default_cache_settled_by_ == nullptr) default_cache_settled_by_ = &use;
  return copy;
}

// Listeners.

void Builder::add_plain_listener(const OptionUse& use) {
  router::ListenerSettings listener;
  listener.origin = use.place.describe_key("for this listener");
  listener.address = address(use, use.text());
  config.http.listeners.push_back(std::move(listener));
}

tls::Identity Builder::identity(const OptionUse& use,
                                const parsers::certificate::Files& files) const {
  tls::Identity identity;
  identity.certificate_file = files.certificate;
  identity.key_file = files.key;
  identity.ciphers = files.ciphers;
  if (!files.has_client_ca) return identity;
  if (files.client_ca.empty()) {
    fail(use, "[uwsgi-ssl] unable to set ssl verify locations ()",
         "the client CA's file expected after the last comma, or no comma");
  }
  identity.client_ca_file = files.client_ca;
  identity.client_certificate =
      files.required ? tls::ClientCertificate::required : tls::ClientCertificate::optional;
  return identity;
}

void Builder::add_tls_listener(const OptionUse& use,
                               const parsers::certificate::Listener& listener) {
  tls::Settings tls;
  tls.identity = identity(use, listener.files);
  tls.policy = policy_with_cache(use);
  tls.context_name = session_context.value_or("http-" + listener.address);
  tls.session_context = tls.context_name;
  router::ListenerSettings settings;
  settings.origin = use.place.describe_key("for this listener");
  settings.address = address(use, listener.address);
  const auto cache = tls.policy.session_cache;
  const bool asks = tls.identity.client_certificate != tls::ClientCertificate::none;
  settings.tls = std::move(tls);
  config.http.listeners.push_back(std::move(settings));
  since_listener_.clear();
  last_tls_listener_ = &use;
  if (!cache) return;
  sharers_.push_back({&use, *cache, !session_context, asks});
}

void Builder::add_sni(const OptionUse& use, const parsers::certificate::Name& entry, bool regexp) {
  tls::SniEntry sni;
  sni.origin = use.place.describe_key("for this name");
  sni.pattern = entry.name;
  sni.regexp = regexp;
  sni.identity = identity(use, entry.files);
  sni.policy = policy;
  if (entry.files.has_client_ca) names_with_client_ca_.push_back(&use);
  config.sni.entries.push_back(std::move(sni));
  since_name_.clear();
  last_name_ = &use;
}

void Builder::warn_of_late(const std::vector<const OptionUse*>& late, const OptionUse& maker) {
  for (const OptionUse* use : late) {
    const std::string where = line_of(maker, *use);
    warn(*use,
         fmt::format("{} has no effect on the {} of {}, which has been made already", use->name,
                     maker.name, where),
         Code::order, fmt::format("move it above {}", where));
  }
}

void Builder::warn_of_what_is_not_shared() {
  for (const Sharer& sharer : sharers_) {
    const auto cache =
        std::find_if(config.caches.begin(), config.caches.end(),
                     [&](const cache::Settings& each) { return each.name == sharer.cache; });
    if (cache == config.caches.end()) continue;
    const bool gives_copies = !config.sync.tcp_servers.empty();
    if (!cache->has_peers() && cache->sync_nodes.empty() && !gives_copies) continue;
    if (sharer.has_own_context) {
      warn(*sharer.use, "its sessions will not resume on other nodes, which have other contexts",
           Code::peers, "write the same https-session-context above it on each of them");
    }
    if (sharer.asks_for_certificate && !config.share_client_certificates && !cache->is_sealed()) {
      remark(*sharer.use,
             "it asks for client certificates, so its sessions are not shared with other hosts",
             Code::peers);
    }
  }
}

void Builder::finish() {
  if (last_tls_listener_ != nullptr) warn_of_late(since_listener_, *last_tls_listener_);
  if (last_name_ != nullptr) warn_of_late(since_name_, *last_name_);
  if (default_cache.max_items > 0) {
    config.caches.push_back(default_cache);
  } else if (default_cache.is_sealed()) {
    throw ConfigurationError(
        with_origin(
            "cache-udp-secret is for the default cache, and there is none: secret=FILE in the "
            "line of a cache2 seals that one",
            default_cache.secret.origin),
        messages_);
  }
  config.caches.insert(config.caches.end(), named_caches_.begin(), named_caches_.end());
  settle_sockets();
  settle_shared_sockets();
  warn_of_what_is_not_shared();
  if (for_openssl_1_0 != nullptr) share_with_openssl_1_0();
  if (proxy_protocol != nullptr && config.http.proxy_sources.empty()) {
    fail(*proxy_protocol, "the PROXY protocol is believed from listed addresses only",
         "write http-proxy-protocol-from = ADDRESSES, e.g. 10.0.0.0/8");
  }
  const application::Settings& workers = config.application;
  if (cheaper != nullptr && workers.cheaper.least >= workers.processes) {
    fail(*cheaper, "invalid cheaper value: must be lower than processes",
         fmt::format("processes = {} here: a number below it expected", workers.processes));
  }
  config.sni.directory_ciphers = sni_directory_ciphers;
  config.sni.directory_policy = policy;
  for (router::ListenerSettings& listener : config.http.listeners) {
    if (listener.tls) listener.tls->verbose = verbose;
  }
}

}  // namespace reprise::compat
