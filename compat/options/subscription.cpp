// Nodes that announce themselves: who hears them, what is believed, and what this node announces.
#include "parsers/subscription/subscription.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "compat/builder.hpp"
#include "compat/number.hpp"
#include "compat/options/registry.hpp"
#include "parsers/keyval/keyval.hpp"
#include "router/address_range.hpp"

namespace reprise::compat {
namespace {

using config::Config;
using std::chrono::seconds;
using subscription::Algorithm;
using subscription::ClientSettings;
using subscription::ServerSettings;
using subscription::Settings;
using subscription::Subscription;

template <ServerSettings Config::*server>
void add_server(Builder& b, const OptionUse& use) {
  b.address(use, use.text());
  (b.config.*server).addresses.push_back(b.written(use));
}

void set_fallback_key(Builder& b, const OptionUse& use) {
  b.config.http_subscriptions.fallback_key = use.text();
}

void set_algorithm(Builder& b, const OptionUse& use) {
  constexpr std::array<std::pair<std::string_view, Algorithm>, 4> names{
      {{"wrr", Algorithm::wrr},
       {"lrc", Algorithm::lrc},
       {"wlrc", Algorithm::wlrc},
       {"iphash", Algorithm::iphash}}};
  const auto found = std::find_if(names.begin(), names.end(),
                                  [&](const auto& name) { return name.first == use.text(); });
  if (found == names.end()) {
    b.warn(use, "unknown algorithm, wrr is used: wrr, lrc, wlrc or iphash expected");
  }
  b.config.subscriptions.algorithm = found == names.end() ? Algorithm::wrr : found->second;
}

template <seconds Settings::*member>
void set_seconds(Builder& b, const OptionUse& use) {
  b.config.subscriptions.*member = seconds(b.integer(use));
}

template <bool Settings::*member>
void set_flag(Builder& b, const OptionUse& use) {
  b.config.subscriptions.*member = b.flag(use);
}

template <bool ClientSettings::*member>
void set_client_flag(Builder& b, const OptionUse& use) {
  b.config.announces.*member = b.flag(use);
}

template <std::vector<Written> Settings::*member>
void add_written(Builder& b, const OptionUse& use) {
  (b.config.subscriptions.*member).push_back(b.written(use));
}

void set_sign_check(Builder& b, const OptionUse& use) {
  try {
    const auto check = parsers::subscription::parse_sign_check(use.text());
    b.config.subscriptions.sign_check = {check.digest, check.directory, b.written(use).origin};
  } catch (const parsers::SyntaxError& error) {
    b.fail(use, "invalid syntax for subscriptions-sign-check: it must be DIGEST:DIRECTORY", error);
  }
}

void add_sources(Builder& b, const OptionUse& use) {
  b.add_ranges(use, b.config.subscription_sources);
}

// What no server would take is no key.
void check_key(Builder& b, const OptionUse& use, const std::string& key) {
  constexpr std::size_t longest = 255;
  if (key.empty() || key.size() > longest) {
    b.fail(use, "invalid subscription key", "a key of 1 to 255 bytes expected");
  }
}

void subscribe_to(Builder& b, const OptionUse& use) {
  Subscription subscription;
  try {
    const auto target = parsers::subscription::parse_target(use.text());
    if (target.shared) {
      b.fail(use, "a shared socket is not announced by its number",
             "write the address in place of =N: ADDRESS=SERVER:KEY");
    }
    subscription.server = target.server;
    subscription.key = target.key;
    subscription.address = target.address;
    subscription.modifier1 = target.modifier1;
    subscription.digest = target.digest;
    subscription.key_file = target.key_file;
  } catch (const parsers::SyntaxError& error) {
    b.fail(use, "invalid syntax for a subscription: it must be [ADDRESS=]SERVER:KEY", error);
  }
  check_key(b, use, subscription.key);
  b.address(use, subscription.server);
  subscription.written = b.written(use);
  b.config.announces.subscriptions.push_back(std::move(subscription));
}

// A subscribe2 line while its keys are read.
struct Subscribe2 {
  Builder& builder;
  const OptionUse& use;
  Subscription subscription;

  int modifier(const std::string& text) {
    const std::uint64_t number = builder.unsigned_number(use, text);
    if (number > 255) builder.fail(use, "invalid modifier", "a number from 0 to 255 expected");
    return static_cast<int>(number);
  }
};

struct Key {
  std::string_view name;
  void (*apply)(Subscribe2&, const std::string&);
};

template <std::string Subscription::*member>
void set_text(Subscribe2& s, const std::string& value) {
  s.subscription.*member = value;
}

void set_sign(Subscribe2& s, const std::string& value) {
  const std::size_t colon = value.find(':');
  if (colon == value.npos || colon == 0 || colon + 1 == value.size()) {
    s.builder.fail(s.use, "invalid sign", "sign=DIGEST:KEYFILE expected, e.g. sign=SHA256:key.pem");
  }
  s.subscription.digest = value.substr(0, colon);
  s.subscription.key_file = value.substr(colon + 1);
}

constexpr std::array<Key, 12> keys{{
    {"server", set_text<&Subscription::server>},
    {"key", set_text<&Subscription::key>},
    {"addr", set_text<&Subscription::address>},
    {"socket",
     [](Subscribe2& s, const std::string& v) {
       s.subscription.socket = s.builder.unsigned_number(s.use, v);
     }},
    {"weight",  // of the whole instance, as in uWSGI
     [](Subscribe2& s, const std::string& v) {
       s.builder.config.announces.weight = s.builder.unsigned_number(s.use, v);
     }},
    {"modifier1",
     [](Subscribe2& s, const std::string& v) { s.subscription.modifier1 = s.modifier(v); }},
    {"modifier2",
     [](Subscribe2& s, const std::string& v) { s.subscription.modifier2 = s.modifier(v); }},
    {"sign", set_sign},
    {"check", set_text<&Subscription::check>},
    {"sni_key", set_text<&Subscription::sni_key>},
    {"sni_crt", set_text<&Subscription::sni_crt>},
    {"sni_ca", set_text<&Subscription::sni_ca>},
}};

void subscribe2(Builder& b, const OptionUse& use) {
  Subscribe2 line{b, use, {}};
  parsers::keyval::List list;
  try {
    list = parsers::keyval::parse(use.text());
  } catch (const parsers::SyntaxError& error) {
    b.fail(use, "unable to parse subscription", error);
  }
  for (const auto& pair : list) {
    const auto* key = std::find_if(keys.begin(), keys.end(),
                                   [&](const Key& known) { return known.name == pair.key; });
    if (key == keys.end()) {
      b.warn(use, fmt::format("the key \"{}\" of subscribe2 has no effect", pair.key));
    } else {
      key->apply(line, pair.value);
    }
  }
  if (line.subscription.server.empty()) {
    b.fail(use, "a subscription needs a server", "server=HOST:PORT,key=KEY expected");
  }
  check_key(b, use, line.subscription.key);
  b.address(use, line.subscription.server);
  line.subscription.written = b.written(use);
  b.config.announces.subscriptions.push_back(std::move(line.subscription));
}

void set_period(Builder& b, const OptionUse& use) {
  b.config.announces.period = seconds(std::max(1, b.integer(use)));
}

void set_modifier(Builder& b, const OptionUse& use) {
  b.config.announces.modifier1 = b.integer_up_to(use, 0, 255);
}

}  // namespace

std::vector<Option> subscription_options() {
  constexpr auto full = Support::full;
  constexpr auto required = Argument::required;
  constexpr auto none = Argument::none;
  return {
      {"http-subscription-server", required, full,
       "hear here which nodes announce themselves to the HTTP router",
       add_server<&Config::http_subscriptions>},
      {"http-subscription-fallback-key", required, full,
       "the key whose nodes get what nobody has announced", set_fallback_key},
      {"rawrouter-subscription-server", required, full,
       "hear here which nodes announce themselves to the raw router",
       add_server<&Config::raw_subscriptions>},
      {"subscriptions-from", required, full,
       "addresses that may announce nodes; others are refused", add_sources},
      {"subscription-algo", required, full, "wrr, lrc, wlrc or iphash", set_algorithm},
      {"subscription-dotsplit", none, full, "a key .example.com serves the names below it",
       set_flag<&Settings::dotsplit>},
      {"subscription-tolerance", required, full,
       "seconds after which a node that is silent has left", set_seconds<&Settings::tolerance>},
      {"subscriptions-sign-check", required, full,
       "announces have to be signed: DIGEST:DIRECTORY of public keys, KEY.pem", set_sign_check},
      {"subscriptions-sign-check-tolerance", required, full,
       "seconds that a signed announce may be old", set_seconds<&Settings::freshness>},
      {"subscriptions-sign-skip-uid", required, full,
       "a user whose announces over a unix socket need no signature",
       add_written<&Settings::skip_users>},
      {"subscriptions-use-credentials", none, full, "show who announced a node over a unix socket",
       set_flag<&Settings::use_credentials>},
      {"subscriptions-credentials-check", required, full,
       "a file of the key's name in this directory has to be the announcer's",
       add_written<&Settings::credential_directories>},
      {"subscribe-to", required, full,
       "announce this node: [ADDRESS=]SERVER:KEY[,MODIFIER1[,DIGEST:KEYFILE]]", subscribe_to},
      {"st", required, full,
       "announce this node: [ADDRESS=]SERVER:KEY[,MODIFIER1[,DIGEST:KEYFILE]]", subscribe_to},
      {"subscribe", required, full,
       "announce this node: [ADDRESS=]SERVER:KEY[,MODIFIER1[,DIGEST:KEYFILE]]", subscribe_to},
      {"subscribe2", required, full, "announce this node: server=,key=,addr=,weight=,sign=,…",
       subscribe2},
      {"subscribe-freq", required, full, "seconds between announces", set_period},
      {"subscribe-with-modifier1", required, full, "modifier1 of all announces", set_modifier},
      {"weight", required, full, "this node's weight, as it is announced",
       [](Builder& b, const OptionUse& use) {
         b.config.announces.weight = b.unsigned_number(use);
       }},
      {"auto-weight", required, full, "the weight is the number of workers times threads",
       set_client_flag<&ClientSettings::auto_weight>},
      {"start-unsubscribed", none, full, "nothing is announced",
       set_client_flag<&ClientSettings::start_unsubscribed>},
      {"unsubscribe-on-graceful-reload", none, full, "a reload leaves, and announces again",
       set_client_flag<&ClientSettings::leave_at_reload>},
      {"subscription-notify-socket", required, full,
       "a unix datagram socket that routers may tell of this node's arrival",
       [](Builder& b, const OptionUse& use) { b.config.announces.notify_socket = use.text(); }},
  };
}

}  // namespace reprise::compat
