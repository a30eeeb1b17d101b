#include "compat/load.hpp"

#include <map>
#include <system_error>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compat/source.hpp"

namespace reprise::compat {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Texts final : public FileReader {
public:
  std::map<std::string, std::string> files;
  std::string read(const std::string& name, std::size_t) const override {
    const auto found = files.find(name);
    if (found == files.end()) throw std::system_error(ENOENT, std::system_category());
    return found->second;
  }
};

MATCHER_P(Text, text, "") {
  return arg.text == text;
}

class LoadTest : public ::testing::Test {
protected:
  Loaded load(const std::string& ini) {
    texts_.files["a.ini"] = "[uwsgi]\n" + ini;
    return compat::load({"reprise", "--ini", "a.ini"}, texts_, environment_);
  }
  Loaded with_arguments(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "reprise");
    return compat::load(arguments, texts_, environment_);
  }
  // What it says when it refuses the file.
  std::string refusal(const std::string& ini) {
    try {
      load(ini);
    } catch (const ConfigurationError& error) {
      return error.what();
    }
    return "accepted";
  }
  static std::vector<std::string> warnings(const Loaded& loaded) {
    std::vector<std::string> found;
    for (const std::string& line : loaded.messages) {
      if (line.starts_with("*** WARNING: a.ini")) found.push_back(line);
    }
    return found;
  }

  Texts texts_;
  std::vector<std::string> environment_;
};

constexpr char setup_1[] =
    "master = true\ncache = 20000\ncache-blocksize = 4096\nssl-sessions-use-cache = true\n"
    "ssl-sessions-timeout = 300\nhttps-session-context = foobar\n"
    "https = 192.168.173.1:8443,foobar.crt,foobar.key\nhttp-processes = 8\n"
    "http-to = 192.168.173.10:3031\nhttp-to = 192.168.173.11:3031\nstats = 127.0.0.1:5001\n";

TEST_F(LoadTest, EveryKeyOfACache) {
  const Loaded loaded = load(
      "cache2 = name=c,items=7,store=/s,storesync=9,storedelete=1,math_initial=-12,ignore_full=1,"
      "sweep_on_full=4,clear_on_full=1,lastmod=1,bitmap=1,blocks=8,mlock=1,sync=a:1;b:2,lazy=1\n"
      "cache2 = name=d,items=7,no_expire=1\nhttp = :1\n");
  const cache::Settings& c = loaded.config.caches.at(0);
  EXPECT_EQ(c.store, "/s");
  EXPECT_EQ(c.store_period, std::chrono::seconds(9));
  EXPECT_TRUE(c.replace_store);
  EXPECT_EQ(c.math_initial, -12);
  EXPECT_TRUE(c.ignore_full);
  EXPECT_EQ(c.sweep_on_full, std::chrono::seconds(4));
  EXPECT_TRUE(c.clear_on_full);
  EXPECT_TRUE(c.last_modified);
  EXPECT_TRUE(c.bitmap);
  EXPECT_EQ(c.blocks, 8u);
  EXPECT_TRUE(c.lock_memory);
  EXPECT_THAT(c.sync_nodes, ElementsAre(Text("a:1"), Text("b:2")));
  EXPECT_EQ(c.expiring, cache::Expiring::lookups);
  EXPECT_EQ(c.eviction, cache::Eviction::refuse);
  EXPECT_EQ(loaded.config.caches.at(1).expiring, cache::Expiring::nobody);
  EXPECT_EQ(loaded.config.caches.at(1).store_period, std::nullopt);
}

TEST_F(LoadTest, OptionsOfAllCaches) {
  const Loaded loaded = load(
      "cache = 5\ncache-store = /s\ncache-store-sync = 30\ncache-mlock = true\n"
      "add-cache-item = c k=v w\nload-file-in-cache = /f\nhttp = :1\n");
  EXPECT_EQ(loaded.config.caches.at(0).store, "/s");
  EXPECT_EQ(loaded.config.sweep.store_period, std::chrono::seconds(30));
  EXPECT_TRUE(loaded.config.sweep.lock_memory);
  ASSERT_EQ(loaded.config.preloads.size(), 2u);
  EXPECT_EQ(loaded.config.preloads[0].cache, "c");
  EXPECT_EQ(loaded.config.preloads[0].text, "k=v w");
  EXPECT_EQ(loaded.config.preloads[1].cache, "");
  EXPECT_EQ(loaded.config.preloads[1].text, "/f");
}

TEST_F(LoadTest, SessionsExpireInACacheThatPurgesToo) {
  const std::string named = "cache2 = name=c,items=7,blocksize=4096,purge_lru=1\n";
  const Loaded general = load(named + "http = :1\n");
  EXPECT_EQ(general.config.caches.at(0).expiring, cache::Expiring::off);
  const Loaded sessions = load(named + "ssl-sessions-use-cache = c\nhttps = :1,a,b\n");
  EXPECT_EQ(sessions.config.caches.at(0).expiring, cache::Expiring::sweeper);
  EXPECT_EQ(sessions.config.caches.at(0).eviction, cache::Eviction::least_recently_used);
}

TEST_F(LoadTest, TheDocumentsSetup1) {
  const Loaded loaded = load(setup_1);
  const config::Config& c = loaded.config;
  EXPECT_THAT(warnings(loaded), IsEmpty());
  ASSERT_EQ(c.caches.size(), 1u);
  EXPECT_EQ(c.caches[0].name, "default");
  EXPECT_EQ(c.caches[0].max_items, 20000u);
  EXPECT_EQ(c.caches[0].blocksize, 4096u);
  EXPECT_EQ(c.caches[0].eviction, cache::Eviction::oldest);
  EXPECT_TRUE(c.caches_before_routers);
  ASSERT_EQ(c.http.listeners.size(), 1u);
  EXPECT_EQ(c.http.listeners[0].address, "192.168.173.1:8443");
  ASSERT_TRUE(c.http.listeners[0].tls);
  const tls::Settings& tls = *c.http.listeners[0].tls;
  EXPECT_EQ(tls.session_context, "foobar");
  EXPECT_EQ(tls.identity.certificate_file, "foobar.crt");
  EXPECT_EQ(tls.policy.session_cache, "default");
  EXPECT_EQ(tls.policy.session_timeout, std::chrono::seconds(300));
  EXPECT_EQ(c.http.processes, 8);
  EXPECT_THAT(c.http.upstreams,
              ElementsAre(Text("192.168.173.10:3031"), Text("192.168.173.11:3031")));
  EXPECT_THAT(c.stats.addresses, ElementsAre(Text("127.0.0.1:5001")));
}

TEST_F(LoadTest, ItsSetup2HasTheNodesBelow) {
  const Loaded loaded = load(std::string(setup_1) +
                             "cache-udp-server = 192.168.173.1:7171\n"
                             "cache-udp-node = 192.168.173.2:7171\n");
  EXPECT_THAT(loaded.config.caches[0].udp_servers, ElementsAre(Text("192.168.173.1:7171")));
  EXPECT_THAT(loaded.config.caches[0].udp_nodes, ElementsAre(Text("192.168.173.2:7171")));
}

TEST_F(LoadTest, ItsNamedCache) {
  const Loaded loaded = load(
      "cache2 = name=ssl,items=20000,keysize=128,blocksize=4096,node=127.0.0.1:4242,"
      "udp=127.0.0.1:4141\nssl-sessions-use-cache = ssl\nhttps = :8443,a.crt,a.key\n"
      "http-to = :1\n");
  const cache::Settings& cache = loaded.config.caches.at(0);
  EXPECT_EQ(cache.name, "ssl");
  EXPECT_EQ(cache.keysize, 128u);
  EXPECT_THAT(cache.udp_nodes, ElementsAre(Text("127.0.0.1:4242")));
  EXPECT_EQ(loaded.config.http.listeners[0].tls->policy.session_cache, "ssl");
}

TEST_F(LoadTest, EachListenerCopiesTheSettingsAboveIt) {
  const Loaded loaded = load(
      "ssl-verify-depth = 2\nhttps = :1,a,b\nssl-verify-depth = 3\nssl-sessions-tickets = 4\n"
      "https = :2,a,b,HIGH,!ca\n");
  const auto& listeners = loaded.config.http.listeners;
  EXPECT_EQ(listeners[0].tls->policy.verify_depth, 2);
  EXPECT_EQ(listeners[0].tls->policy.tickets, 1);
  EXPECT_EQ(listeners[0].tls->session_context, "http-:1");
  EXPECT_EQ(listeners[1].tls->policy.verify_depth, 3);
  EXPECT_EQ(listeners[1].tls->policy.tickets, 4);
  EXPECT_EQ(listeners[1].tls->identity.client_certificate, tls::ClientCertificate::required);
  EXPECT_EQ(listeners[1].tls->identity.client_ca_file, "ca");
}

TEST_F(LoadTest, WhatComesTooLateIsSaid) {
  const auto said = [&](const std::string& late) {
    const auto found =
        warnings(load("cache = 10\ncache-blocksize = 4096\nssl-sessions-use-cache = true\n"
                      "https = :1,a,b\nhttp-to = :2\n" +
                      late));
    return found.size() == 1 ? found[0] : std::to_string(found.size()) + " warnings";
  };
  for (const char* option : {"ssl-sessions-timeout = 1", "https-session-context = x",
                             "ssl-verify-depth = 2", "cache-blocksize = 8192", "cache = 20"}) {
    EXPECT_THAT(said(std::string(option) + "\n"), HasSubstr("a.ini:7:1")) << option;
    EXPECT_THAT(said(std::string(option) + "\n"), HasSubstr("line 5")) << option;
  }
}

TEST_F(LoadTest, ACacheBelowItsListenerIsFatalAndSaysWhatToMove) {
  const std::string text = refusal("ssl-sessions-use-cache = true\nhttps = :1,a,b\ncache = 10\n");
  EXPECT_THAT(text, HasSubstr("unable to find cache \"true\"\na.ini:3:1"));
  EXPECT_THAT(text, HasSubstr("move the cache of line 4 above this line"));
}

TEST_F(LoadTest, DiesInUwsgisWordsWithThePlace) {
  const std::pair<const char*, const char*> cases[] = {
      {"https = :1,a\n", "invalid https syntax must be socket,crt,key\na.ini:2:"},
      {"https2 = addr=:1,cert=a\n", "--https2 option needs addr, cert and key items\na.ini:2:"},
      {"sni = a\n",
       "invalid sni syntax, must be sni_key<space>crt,key[,ciphers,client_ca]\na.ini:2"},
      {"ssl-sessions-timeout = -1\n",
       "invalid value for option \"ssl-sessions-timeout\": must be > 0\na.ini:2"},
      {"cache = 9\ncache-blocksize = 4095\nssl-sessions-use-cache\nhttps = :1,a,b\n",
       "cache blocksize for SSL session store must be at least 4096 bytes\na.ini:5"},
      {"cache2 = items=10\n", "you have to specify a cache name\na.ini:2"},
      {"cache2 = name=x,items=10,hash=md5\n", "invalid cache hash for \"x\"\na.ini:2"},
      {"strict = true\nhttp-proceses = 2\n",
       "[strict-mode] unknown config directive: http-proceses\na.ini:3"},
      {"set = nothing\n", "invalid placeholder/--set value\na.ini:2"},
      {"set-ph = https=1\n", "you cannot use https as a placeholder"},
      {"chroot = /srv\n", "the option \"chroot\" is not supported\na.ini:2"},
      {"http = 127.0.0.1:99999\n", "invalid address \"127.0.0.1:99999\""},
      {"http = @(missing)\n", "open(\"missing\"): No such file or directory\na.ini:2"},
      {"a = x%(a)\nhttp = %(a)\n", "refers to itself"},
      {"include = a.ini\n", "cannot load a.ini\na.ini:2"},
  };
  for (const auto& [ini, words] : cases)
    EXPECT_THAT(refusal(ini), HasSubstr(words)) << ini;
}

TEST_F(LoadTest, NothingToServeIsFatal) {
  EXPECT_THROW(load("stats = :1\n"), std::runtime_error);
}

TEST_F(LoadTest, PlaceholdersFilesAndTheEnvironment) {
  ::setenv("REPRISE_TEST_HOST", "10.0.0.1", 1);
  texts_.files["port"] = "8080\n";
  const Loaded loaded = load(
      "base = 3000\nhttp = $(REPRISE_TEST_HOST):@(port)\nhttp-to = 127.0.0.1:%(base + 31)\n"
      "http-var = A=%(nothing)\n");
  EXPECT_EQ(loaded.config.http.listeners[0].address, "10.0.0.1:8080");
  EXPECT_EQ(loaded.config.http.upstreams[0].text, "127.0.0.1:3031");
  EXPECT_EQ(loaded.config.http.variables.at(0).second, "%(nothing)");
  EXPECT_THAT(warnings(loaded), IsEmpty());
}

TEST_F(LoadTest, AnUnknownKeyIsSaidOnceWithTheNearestName) {
  const auto found = warnings(load("http-proceses = 2\nhttp = :1\nhttp-to = :2\n"));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0], HasSubstr("a.ini:2:1: unknown option \"http-proceses\""));
  EXPECT_THAT(found[0], HasSubstr("did you mean \"http-processes\"?"));
}

TEST_F(LoadTest, UwsgisOtherOptionsAreKnown) {
  const auto found = warnings(load("http = :1\nhttp-to = :2\nspooler = /tmp\nmaster = true\n"));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0], HasSubstr("\"spooler\" has no effect"));
}

TEST_F(LoadTest, NumbersWithATailAreReadAndSaid) {
  const Loaded loaded = load("http = :1\nhttp-to = :2\nhttp-timeout = 5m\n");
  EXPECT_EQ(loaded.config.http.timeout, std::chrono::seconds(5));
  EXPECT_THAT(warnings(loaded), ElementsAre(HasSubstr("5m is read as 5")));
}

TEST_F(LoadTest, KeepaliveIsOnWhereItSaysSo) {
  const auto keepalive = [&](const char* line) {
    const Loaded loaded = load(std::string("http = :1\nhttp-to = :2\n") + line);
    return std::pair(loaded.config.http.keepalive, loaded.config.http.keepalive_timeout.count());
  };
  EXPECT_EQ(keepalive(""), std::pair(false, 0L));
  EXPECT_EQ(keepalive("http-keepalive\n"), std::pair(true, 0L));
  EXPECT_EQ(keepalive("http-keepalive = true\n"), std::pair(true, 0L));
  EXPECT_EQ(keepalive("http-keepalive = 0\n"), std::pair(false, 0L));
  EXPECT_EQ(keepalive("http-keepalive = 30\n"), std::pair(true, 30L));
}

TEST_F(LoadTest, SectionsAndFilesWithinFiles) {
  texts_.files["b.ini"] = "[other]\nhttp = :1\n[uwsgi]\nhttp = :2\ninclude = c.ini\nhttp = :4\n";
  texts_.files["c.ini"] = "[uwsgi]\nhttp = :3\n";
  const Loaded whole = with_arguments({"b.ini"});
  ASSERT_EQ(whole.config.http.listeners.size(), 3u);
  EXPECT_EQ(whole.config.http.listeners[1].address, ":3");
  const Loaded other = with_arguments({"--ini", "b.ini:other"});
  EXPECT_EQ(other.config.http.listeners.at(0).address, ":1");
}

TEST_F(LoadTest, FlagsAreReadAsGetoptDoes) {
  const Loaded loaded =
      with_arguments({"--http", ":1", "--http-to=:2", "-M", "--http-proc", "3", "-l50"});
  EXPECT_EQ(loaded.config.http.processes, 3);
  EXPECT_EQ(loaded.config.process.listen_backlog, 50);
  const auto said = [&](std::vector<std::string> arguments) -> std::string {
    try {
      with_arguments(std::move(arguments));
    } catch (const ConfigurationError& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_EQ(said({"--zz"}), "reprise: unrecognized option '--zz'\ngetopt_long() error");
  EXPECT_EQ(said({"-Z"}), "reprise: invalid option -- 'Z'\ngetopt_long() error");
  EXPECT_EQ(said({"--http"}), "reprise: option '--http' requires an argument\ngetopt_long() error");
  EXPECT_EQ(said({"--master=1"}),
            "reprise: option '--master' doesn't allow an argument\ngetopt_long() error");
  EXPECT_THAT(said({"--http-t"}), HasSubstr("is ambiguous"));
  EXPECT_EQ(said({"word"}), "unable to load configuration from word");
}

TEST_F(LoadTest, TheEnvironmentIsTheWeakestSource) {
  environment_ = {"UWSGI_HTTP_PROCESSES=5", "UWSGI_HTTP_TIMEOUT=7", "OTHER=1"};
  const Loaded loaded = load("http = :1\nhttp-to = :2\nhttp-processes = 6\n");
  EXPECT_EQ(loaded.config.http.processes, 6);
  EXPECT_EQ(loaded.config.http.timeout, std::chrono::seconds(7));
}

TEST_F(LoadTest, OtherActions) {
  EXPECT_EQ(with_arguments({"--version"}).text, "2.0.21-reprise\n");
  EXPECT_EQ(with_arguments({"--stop", "x.pid"}).action, Action::stop);
  EXPECT_EQ(with_arguments({"--reload", "x.pid"}).subject, "x.pid");
  EXPECT_THAT(with_arguments({"--help"}).text, HasSubstr("--ssl-sessions-tickets <arg>"));
}

TEST_F(LoadTest, ASectionWithoutItsBracketIsShown) {
  texts_.files["a.ini"] = "[uwsgi\nhttp = :1\n";
  try {
    with_arguments({"a.ini"});
    FAIL();
  } catch (const ConfigurationError& error) {
    EXPECT_THAT(error.what(), HasSubstr("a.ini:1:1"));
    EXPECT_THAT(error.what(), HasSubstr("[uwsgi]"));
  }
}

TEST_F(LoadTest, TheDocumentsRawrouter) {
  const Loaded loaded = load(
      "master = true\nrawrouter = 192.168.173.99:443\nrawrouter-to = 192.168.173.1:8443\n"
      "rawrouter-to = 192.168.173.2:8443\nrawrouter-to = 192.168.173.3:8443\n");
  EXPECT_THAT(warnings(loaded), IsEmpty());
  const router::RawSettings& raw = loaded.config.raw;
  EXPECT_THAT(raw.listeners, ElementsAre(Text("192.168.173.99:443")));
  EXPECT_THAT(raw.nodes, ElementsAre(Text("192.168.173.1:8443"), Text("192.168.173.2:8443"),
                                     Text("192.168.173.3:8443")));
  EXPECT_EQ(raw.processes, 1);
  EXPECT_EQ(raw.timeout.count(), 60);
  EXPECT_EQ(raw.gracetime.count(), 30);
  EXPECT_EQ(raw.max_retries, 3);
  EXPECT_EQ(raw.proxy_header, router::ProxyHeader::none);
}

TEST_F(LoadTest, EveryOptionOfTheRawrouter) {
  const Loaded loaded = load(
      "rawrouter = :1\nrawrouter = /run/raw.sock\nrawrouter-to = [::1]:2\nrawrouter-fallback = :3\n"
      "rawrouter-workers = 4\nrawrouter-timeout = 5\nrawrouter-connect-timeout = 6\n"
      "rawrouter-gracetime = 7\nrawrouter-max-retries = 8\nrawrouter-quiet = true\n"
      "rawrouter-xclient = true\nrawrouter-proxy-protocol = 2\nrawrouter-stats = :9\n"
      "rawrouter-ss = :10\nrawrouter-events = 64\nrawrouter-buffer-size = 8192\n");
  EXPECT_THAT(warnings(loaded), IsEmpty());
  const router::RawSettings& raw = loaded.config.raw;
  EXPECT_THAT(raw.listeners, ElementsAre(Text(":1"), Text("/run/raw.sock")));
  EXPECT_THAT(raw.nodes, ElementsAre(Text("[::1]:2")));
  EXPECT_THAT(raw.fallbacks, ElementsAre(Text(":3")));
  EXPECT_EQ(raw.processes, 4);
  EXPECT_EQ(raw.timeout.count(), 5);
  EXPECT_EQ(raw.connect_timeout.count(), 6);
  EXPECT_EQ(raw.gracetime.count(), 7);
  EXPECT_EQ(raw.max_retries, 8);
  EXPECT_TRUE(raw.quiet);
  EXPECT_TRUE(raw.xclient);
  EXPECT_EQ(raw.proxy_header, router::ProxyHeader::version_2);
  EXPECT_EQ(raw.stats.text, ":10");
}

TEST_F(LoadTest, WhatTheRawrouterHasNotIsSaid) {
  const Loaded loaded = load(
      "rawrouter = :1\nrawrouter-to = :2\nrawrouter-use-base = /run/\n"
      "rawrouter-zerg = zerg.sock\n");
  EXPECT_THAT(warnings(loaded), ElementsAre(HasSubstr("nodes are named with rawrouter-to"),
                                            HasSubstr("listeners are handed over")));
}

TEST_F(LoadTest, NodesThatAnnounceThemselves) {
  const config::Config config =
      load(
          "http = :1\nhttp-subscription-server = :2\nrawrouter-subscription-server = s.sock\n"
          "http-subscription-fallback-key = rest\nsubscription-algo = wlrc\n"
          "subscription-tolerance = 5\nsubscriptions-sign-check = SHA1:/keys\n"
          "subscribe-to = 10.0.0.1:9=127.0.0.1:3:k:80,5\n"
          "subscribe2 = server=127.0.0.1:3,key=l,weight=4,sign=SHA1:/k\n")
          .config;
  EXPECT_EQ(config.http_subscriptions.addresses.at(0).text, ":2");
  EXPECT_EQ(config.http_subscriptions.fallback_key, "rest");
  EXPECT_EQ(config.raw_subscriptions.addresses.at(0).text, "s.sock");
  EXPECT_EQ(config.subscriptions.algorithm, subscription::Algorithm::wlrc);
  EXPECT_EQ(config.subscriptions.tolerance.count(), 5);
  EXPECT_EQ(config.subscriptions.sign_check->directory, "/keys");
  EXPECT_EQ(config.announces.weight, 4U);
  const auto& announced = config.announces.subscriptions;
  EXPECT_EQ(announced.at(0).key, "k:80");
  EXPECT_EQ(announced.at(0).modifier1, 5);
  EXPECT_EQ(announced.at(1).digest, "SHA1");
}

TEST_F(LoadTest, OptionsOfARepeaterAreOfTheOneAboveThemOrTheFirst) {
  const config::Config config =
      load(
          "udprepeater-to = 10.0.0.1:1\nudprepeater = 10.0.0.9:1\n"
          "udprepeater-subscription-server = 10.0.0.9:2\nudprepeater = 10.0.0.9:3\n"
          "udprepeater-to = 10.0.0.2:1\nudprepeater-to = node:1\nudprepeater-processes = 4\n"
          "udprepeater-trust = 10.0.0.0/24,10.1.0.1\nudprepeater-stats = :5\n")
          .config;
  const auto& gateways = config.repeater.gateways;
  ASSERT_EQ(gateways.size(), 2U);
  EXPECT_EQ(gateways[0].address.text, "10.0.0.9:1");
  ASSERT_EQ(gateways[0].members.size(), 1U);
  EXPECT_EQ(gateways[0].members[0].text, "10.0.0.1:1");
  EXPECT_EQ(gateways[0].servers.at(0).text, "10.0.0.9:2");
  EXPECT_EQ(gateways[1].address.text, "10.0.0.9:3");
  EXPECT_EQ(gateways[1].members.size(), 2U);
  EXPECT_TRUE(gateways[1].servers.empty());
  EXPECT_EQ(config.repeater.processes, 4);
  EXPECT_EQ(config.repeater.stats.text, ":5");
  EXPECT_EQ(config.repeater_trust.size(), 2U);
}

TEST_F(LoadTest, BadValuesOfARepeaterAreRefused) {
  EXPECT_THAT(refusal("udprepeater = /run/socket\n"), HasSubstr("not a UDP address"));
  EXPECT_THAT(refusal("udprepeater = :1\nudprepeater-to = 10.0.0.1\n"),
              HasSubstr("udprepeater-to"));
  EXPECT_THAT(refusal("udprepeater = :1\nudprepeater-trust = 10.0.0.1/8\n"),
              HasSubstr("addresses, ranges"));
  EXPECT_THAT(refusal("udprepeater = :1\nudprepeater-processes = 65\n"), HasSubstr("0 to 64"));
}

TEST_F(LoadTest, BadValuesOfTheRawrouterAreRefused) {
  EXPECT_THAT(refusal("rawrouter = nonsense:port\n"), HasSubstr("rawrouter"));
  EXPECT_THAT(refusal("rawrouter = :1\nrawrouter-to = [::1\n"), HasSubstr("rawrouter-to"));
  EXPECT_THAT(refusal("rawrouter = :1\nrawrouter-proxy-protocol = 3\n"), HasSubstr("0 to 2"));
  EXPECT_THAT(refusal("rawrouter = :1\nrawrouter-processes = 65\n"), HasSubstr("0 to 64"));
}

}  // namespace
}  // namespace reprise::compat
