// Every option of uWSGI's HTTP router (http-router.md 1): what it takes, its default, what a value
// makes of it. One that is not here in full has its reason in compat/README.md.
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "compat/load.hpp"
#include "compat/options/registry.hpp"
#include "compat/source.hpp"
#include "router/worker.hpp"

namespace reprise::compat {
namespace {

using config::Config;

class OneFile final : public FileReader {
public:
  explicit OneFile(std::string text) : text_(std::move(text)) {}
  std::string read(const std::string&, std::size_t) const override { return text_; }

private:
  std::string text_;
};

Config load(const std::string& lines) {
  return compat::load({"reprise", "--ini", "a.ini"}, OneFile("[uwsgi]\n" + lines), {}).config;
}

template <auto member>
std::string value(const Config& c) {
  return fmt::to_string(c.http.*member);
}

template <auto member>
std::string seconds_of(const Config& c) {
  const std::chrono::milliseconds effective = router::Timeouts(c.http).*member;
  return fmt::to_string(effective.count() / 1000);
}

template <auto member>
std::string addresses(const Config& c) {
  std::string all;
  for (const Written& each : c.http.*member)
    all += each.text + ";";
  return all;
}

std::string listeners(const Config& c) {
  std::string all;
  for (const auto& each : c.http.listeners)
    all += each.address + (each.tls ? " tls" : "") +
           (each.redirect_port ? " to " + *each.redirect_port : "") + ";";
  return all;
}

std::string variables(const Config& c) {
  std::string all;
  for (const auto& [name, text] : c.http.variables)
    all += fmt::format("{}={};", name, text);
  return all;
}

std::string named_nodes(const Config& c) {
  const auto& nodes = c.http.named_nodes;
  return nodes ? nodes->before + "*" + nodes->after : "";
}

std::string host_cache(const Config& c) {
  return c.http.host_cache ? "\"" + c.http.host_cache->text + "\"" : "";
}

std::string own_socket(const Config& c) {
  return c.http.own_socket ? fmt::to_string(c.http.own_socket->number) : "";
}

std::string subscription_servers(const Config& c) {
  std::string all;
  for (const Written& each : c.http_subscriptions.addresses)
    all += each.text + ";";
  return all;
}

std::string fallback_key(const Config& c) {
  return c.http_subscriptions.fallback_key;
}

std::string stats(const Config& c) {
  return c.http.stats.text;
}

// "off", or for how long between requests.
std::string keepalive(const Config& c) {
  return c.http.keepalive ? seconds_of<&router::Timeouts::keepalive>(c) : "off";
}

std::string proxy_protocol(const Config& c) {
  return c.http.proxy_sources.empty() ? "off" : "on";
}

struct Row {
  std::string name;
  Argument argument;
  Support support;
  std::string initial;     // without the option
  std::string lines = {};  // an example
  std::string then = {};   // and what it makes
  std::string (*get)(const Config&) = nullptr;
};

std::vector<Row> rows() {
  using S = router::Settings;
  using T = router::Timeouts;
  constexpr auto required = Argument::required;
  constexpr auto optional = Argument::optional;
  constexpr auto none = Argument::none;
  constexpr auto full = Support::full;
  const std::string cache = "cache2 = name=nodes,items=10\n";
  const std::string socket = "socket = :3031\nwsgi-file = a.py\n";
  return {
      {"http", required, full, "127.0.0.1:80;", "http = :8080\n", "127.0.0.1:80;:8080;", listeners},
      {"httprouter", required, full, "127.0.0.1:80;", "httprouter = [::1]:8080\n",
       "127.0.0.1:80;[::1]:8080;", listeners},
      {"https", required, full, "127.0.0.1:80;", "https = :443,a.crt,a.key\n",
       "127.0.0.1:80;:443 tls;", listeners},
      {"https2", required, full, "127.0.0.1:80;", "https2 = addr=:443,cert=a.crt,key=a.key\n",
       "127.0.0.1:80;:443 tls;", listeners},
      {"http-to-https", required, full, "127.0.0.1:80;", "http-to-https = :8080,8443\n",
       "127.0.0.1:80;:8080 to 8443;", listeners},
      {"http-processes", required, full, "1", "http-processes = 4\n", "4", value<&S::processes>},
      {"http-workers", required, full, "1", "http-workers = 4\n", "4", value<&S::processes>},
      {"http-events", required, Support::accepted, ""},
      {"http-to", required, full, "", "http-to = a:1\nhttp-to = /b.sock\n", "a:1;/b.sock;",
       addresses<&S::upstreams>},
      {"http-fallback", required, full, "", "http-fallback = a:1\nhttp-fallback = b:2\n",
       "a:1;b:2;", addresses<&S::fallbacks>},
      {"http-use-socket", optional, full, "", socket + "http-use-socket = 0\n", "0", own_socket},
      {"http-use-base", required, full, "", "http-use-base = /run/\n", "/run/*", named_nodes},
      {"http-use-pattern", required, full, "", "http-use-pattern = /run/%%s.sock\n", "/run/*.sock",
       named_nodes},
      {"http-use-cache", optional, full, "", cache + "http-use-cache = nodes\n", "\"nodes\"",
       host_cache},
      {"http-use-code-string", required, Support::ignored, ""},
      {"http-subscription-server", required, full, "",
       "http-subscription-server = :1\nhttp-subscription-server = /s.sock\n", ":1;/s.sock;",
       subscription_servers},
      {"http-subscription-fallback-key", required, full, "",
       "http-subscription-fallback-key = rest\n", "rest", fallback_key},
      {"http-resubscribe", required, Support::ignored, ""},
      {"http-zerg", required, Support::ignored, ""},
      {"http-var", required, full, "", "http-var = A=1=2\nhttp-var = nothing\nhttp-var = B=\n",
       "A=1=2;B=;", variables},
      {"http-modifier1", required, full, "0", "http-modifier1 = 5\n", "5", value<&S::modifier1>},
      {"http-modifier2", required, full, "0", "http-modifier2 = 6\n", "6", value<&S::modifier2>},
      {"http-timeout", required, full, "60", "http-timeout = 9\n", "9", seconds_of<&T::idle>},
      {"http-headers-timeout", required, full, "60", "http-headers-timeout = 7\n", "7",
       seconds_of<&T::head>},
      // A difference: as long as http-timeout in uWSGI, which then tries no other node.
      {"http-connect-timeout", required, full, "10", "http-connect-timeout = 20\n", "20",
       seconds_of<&T::connect>},
      {"http-keepalive", optional, full, "off", "http-keepalive = 30\n", "30", keepalive},
      {"http-auto-chunked", none, full, "false", "http-auto-chunked = true\n", "true",
       value<&S::auto_chunked>},
      {"http-auto-gzip", none, full, "false", "http-auto-gzip = true\n", "true",
       value<&S::auto_gzip>},
      {"http-raw-body", none, full, "false", "http-raw-body = true\n", "true", value<&S::raw_body>},
      {"http-websockets", none, full, "false", "http-websockets = true\n", "true",
       value<&S::websockets>},
      {"http-chunked-input", none, full, "false", "http-chunked-input = true\n", "true",
       value<&S::chunked_input>},
      {"http-manage-source", none, Support::ignored, ""},
      {"http-manage-rtsp", none, Support::ignored, ""},
      // Without it any length may follow `Expect: 100-continue`.
      {"http-manage-expect", optional, full, "0", "http-manage-expect = 1000\n", "1000",
       value<&S::max_expected_body>},
      {"http-buffer-size", required, Support::accepted, ""},
      {"http-gracetime", required, full, "30s", "http-gracetime = 5\n", "5s",
       [](const Config& c) { return fmt::format("{}s", c.http.gracetime.count()); }},
      {"http-quiet", required, full, "false", "http-quiet = 1\n", "true", value<&S::quiet>},
      {"http-cheap", none, Support::ignored, ""},
      {"http-stats", required, full, "", "http-stats = :1\n", ":1", stats},
      {"http-stats-server", required, full, "", "http-stats-server = :1\n", ":1", stats},
      {"http-ss", required, full, "", "http-ss = :1\n", ":1", stats},
      {"http-harakiri", required, Support::ignored, ""},
      {"http-stud-prefix", required, Support::refused, ""},
      {"http-enable-proxy-protocol", optional, full, "off",
       "http-enable-proxy-protocol = true\nhttp-proxy-protocol-from = 10.0.0.0/8\n", "on",
       proxy_protocol},
      {"http-server-name-as-http-host", required, full, "false",
       "http-server-name-as-http-host = 1\n", "true", value<&S::host_as_server_name>},
      {"http-uid", required, Support::refused, ""},
      {"http-gid", required, Support::refused, ""},
  };
}

const std::string minimal = "http = 127.0.0.1:80\n";

TEST(HttpOptions, TakeWhatUwsgisDo) {
  const Registry registry;
  for (const Row& row : rows()) {
    const Option* const option = registry.find(row.name);
    ASSERT_NE(option, nullptr) << row.name;
    EXPECT_EQ(option->argument, row.argument) << row.name;
    EXPECT_EQ(option->support, row.support) << row.name;
  }
}

TEST(HttpOptions, HaveTheirDefaults) {
  const Config config = load(minimal);
  for (const Row& row : rows()) {
    if (row.get == nullptr) continue;
    EXPECT_EQ(row.get(config), row.initial) << row.name;
  }
}

TEST(HttpOptions, DoWhatTheySay) {
  for (const Row& row : rows()) {
    if (row.get == nullptr) continue;
    EXPECT_NE(row.then, row.initial) << row.name;
    EXPECT_EQ(row.get(load(minimal + row.lines)), row.then) << row.name;
  }
}

TEST(HttpOptions, OnesWithoutEffectHaveTheirReasons) {
  std::ifstream file(TEST_DATA "/../compat/README.md");
  const std::string readme(std::istreambuf_iterator<char>(file), {});
  for (const Row& row : rows()) {
    if (row.support == Support::full) continue;
    EXPECT_NE(readme.find("`" + row.name + "`"), std::string::npos) << row.name;
    EXPECT_EQ(row.get, nullptr) << row.name;
  }
}

// Those of https.md begin with "https-".
TEST(HttpOptions, NoneIsMissingInTheTable) {
  std::set<std::string> known;
  for (const Row& row : rows())
    known.insert(row.name);
  std::ifstream table(TEST_DATA "/golden/configuration/options.tsv");
  int count = 0;
  for (std::string line; std::getline(table, line);) {
    const std::string name = line.substr(0, line.find('\t'));
    if (!line.ends_with("\tplugin http") || name.starts_with("https-")) continue;
    EXPECT_TRUE(known.contains(name)) << name;
    ++count;
  }
  EXPECT_EQ(count, static_cast<int>(known.size()));
}

TEST(HttpOptions, BareOnesAreOne) {
  EXPECT_EQ(keepalive(load(minimal + "http-keepalive\n")), "60") << "as http-timeout";
  EXPECT_EQ(own_socket(load(minimal + "socket = :3031\nwsgi-file = a.py\nhttp-use-socket\n")), "0");
  EXPECT_EQ(host_cache(load(minimal + "cache2 = name=a,items=1\nhttp-use-cache\n")), "\"\"");
  EXPECT_EQ(load(minimal + "http-manage-expect\n").http.max_expected_body, 0U);
}

// Whatever an earlier line said.
TEST(HttpOptions, ATimeoutOfZeroIsTheDefault) {
  const Config config = load(minimal +
                             "http-timeout = 9\nhttp-timeout = 0\nhttp-headers-timeout = 9\n"
                             "http-headers-timeout = 0\nhttp-connect-timeout = 9\n"
                             "http-connect-timeout = 0\nhttp-gracetime = 9\nhttp-gracetime = 0\n");
  const router::Timeouts timeouts(config.http);
  EXPECT_EQ(timeouts.idle, std::chrono::seconds(60));
  EXPECT_EQ(timeouts.head, std::chrono::seconds(60));
  EXPECT_EQ(timeouts.handshake, std::chrono::seconds(30));
  EXPECT_EQ(timeouts.connect, std::chrono::seconds(10));
  EXPECT_EQ(config.http.gracetime, std::chrono::seconds(30));
}

TEST(HttpOptions, OtherTimeoutsFollowHttpTimeout) {
  const router::Timeouts timeouts(load(minimal + "http-timeout = 4\n").http);
  EXPECT_EQ(timeouts.head, std::chrono::seconds(4));
  EXPECT_EQ(timeouts.connect, std::chrono::seconds(4));
  EXPECT_EQ(timeouts.keepalive, std::chrono::seconds(4));
}

}  // namespace
}  // namespace reprise::compat
