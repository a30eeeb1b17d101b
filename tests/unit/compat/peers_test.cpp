// Options of caches that have peers.
#include <map>
#include <system_error>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compat/load.hpp"
#include "compat/source.hpp"

namespace reprise::compat {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class File final : public FileReader {
public:
  std::string text;
  std::string read(const std::string&, std::size_t) const override { return text; }
};

class PeersTest : public ::testing::Test {
protected:
  config::Config load(const std::string& ini) {
    File file;
    file.text = "[uwsgi]\nhttp = :1\nhttp-to = :2\n" + ini;
    Loaded loaded = compat::load({"reprise", "--ini", "a.ini"}, file, {});
    messages_.clear();
    for (const std::string& line : loaded.messages) {
      if (line.find("a.ini:") != std::string::npos) messages_.push_back(line);
    }
    return std::move(loaded.config);
  }
  std::string refusal(const std::string& ini) {
    try {
      load(ini);
    } catch (const ConfigurationError& error) {
      return error.what();
    }
    return "accepted";
  }
  static std::vector<std::string> texts(const std::vector<Written>& list) {
    std::vector<std::string> out;
    for (const Written& each : list)
      out.push_back(each.text);
    return out;
  }

  std::vector<std::string> messages_;  // that name a place
};

constexpr char sessions[] = "cache = 10\nssl-sessions-use-cache = true\n";

TEST_F(PeersTest, TheDefaultCachesStandAnywhereAndAddUp) {
  const config::Config config =
      load("cache-udp-node = 192.168.173.2:7171\n" + std::string(sessions) +
           "https-session-context = x\nhttps = :1,a,b\ncache-udp-server = :7171\n"
           "cache-udp-node = [fd00::3]:7171\n");
  EXPECT_THAT(texts(config.caches[0].udp_nodes),
              ElementsAre("192.168.173.2:7171", "[fd00::3]:7171"));
  EXPECT_THAT(texts(config.caches[0].udp_servers), ElementsAre(":7171"));
  EXPECT_THAT(config.caches[0].udp_nodes[1].origin, HasSubstr("a.ini:"));
  EXPECT_THAT(messages_, IsEmpty());
}

TEST_F(PeersTest, EveryNameOfANamedCachesKeys) {
  for (const char* key : {"udp", "udp_server", "udp_servers", "udpserver", "udpservers"}) {
    const auto config = load("cache2 = name=a,items=5," + std::string(key) + "=a:1;b:2\n");
    EXPECT_THAT(texts(config.caches[0].udp_servers), ElementsAre("a:1", "b:2")) << key;
  }
  for (const char* key : {"node", "nodes"}) {
    const auto config = load("cache2 = name=a,items=5," + std::string(key) + "=a:1;;b:2\n");
    EXPECT_THAT(texts(config.caches[0].udp_nodes), ElementsAre("a:1", "b:2")) << key;
  }
}

TEST_F(PeersTest, WhatIsNoHostAndPortIsRefused) {
  EXPECT_THAT(refusal("cache = 5\ncache-udp-node = host\n"),
              HasSubstr("[cache-udp-node] invalid udp address: host\n"));
  EXPECT_THAT(refusal("cache2 = name=a,items=5,udp=/run/x\n"),
              HasSubstr("[cache-udp-server] invalid udp address: /run/x\n"));
}

TEST_F(PeersTest, Multicast) {
  EXPECT_EQ(load("").sync.multicast.ttl, 1);
  EXPECT_TRUE(load("").sync.multicast.loop);
  const auto config = load("multicast-ttl = 9\nmulticast-loop = 0\nmulticast-interface = eth1\n");
  EXPECT_EQ(config.sync.multicast.ttl, 9);
  EXPECT_FALSE(config.sync.multicast.loop);
  EXPECT_EQ(config.sync.multicast.interface, "eth1");
  EXPECT_THAT(config.sync.multicast_origin, HasSubstr("a.ini:"));
  EXPECT_THAT(refusal("multicast-ttl = 256\n"), HasSubstr("from 0 to 255"));
}

TEST_F(PeersTest, NeighboursToCopyAreAskedInTheirOrder) {
  auto config = load("cache = 5\ncache-sync = a:1\ncache-sync = /run/b.sock\n");
  EXPECT_THAT(texts(config.caches[0].sync_nodes), ElementsAre("a:1", "/run/b.sock"));
  EXPECT_THAT(messages_, IsEmpty());
  config = load("cache2 = name=a,items=5,sync=a:1;[::1]:2\n");
  EXPECT_THAT(texts(config.caches[0].sync_nodes), ElementsAre("a:1", "[::1]:2"));
  EXPECT_THAT(config.caches[0].sync_nodes[1].origin, HasSubstr("a.ini:"));
  EXPECT_THAT(refusal("cache = 5\ncache-sync = a:70000\n"), HasSubstr("a:70000"));
}

TEST_F(PeersTest, ServingWaitsTenSecondsForCopiesUnlessItIsTold) {
  EXPECT_EQ(load("").sync.copy_patience.count(), 10);
  EXPECT_EQ(load("cache-sync-timeout = 3\n").sync.copy_patience.count(), 3);
}

TEST_F(PeersTest, CacheServers) {
  const auto config = load("cache-tcp-server = :7172\ncache-tcp-server = /run/c.sock\n");
  EXPECT_THAT(texts(config.sync.tcp_servers), ElementsAre(":7172", "/run/c.sock"));
  EXPECT_THAT(config.sync.tcp_servers[0].origin, HasSubstr("a.ini:"));
  EXPECT_THAT(refusal("cache-tcp-server = host:x\n"), HasSubstr("host:x"));
}

TEST_F(PeersTest, WhoCopiesIsToldOfWhatIsNotShared) {
  const std::string ini = std::string(sessions) + "https = :1,a,b,HIGH,!ca\n";
  load(ini);
  EXPECT_THAT(messages_, IsEmpty());
  for (const char* line : {"cache-tcp-server = :7172\n", "cache-sync = a:7172\n"}) {
    load(ini + line);
    EXPECT_THAT(messages_, ElementsAre(HasSubstr("have other contexts"),
                                       HasSubstr("not shared with other hosts")))
        << line;
  }
}

TEST_F(PeersTest, ASocketIsACacheServerWithThePluginWhereverThatStands) {
  for (const char* plugins :
       {"plugins = cache", "plugin = http,cache", "need-plugins = cache,psgi"}) {
    const auto config = load("socket = :3031\n" + std::string(plugins) + "\n");
    EXPECT_THAT(texts(config.sync.tcp_servers), ElementsAre(":3031")) << plugins;
  }
  for (const char* plugins : {"", "plugins = http", "plugins = caches"}) {
    EXPECT_THAT(load("socket = :3031\n" + std::string(plugins) + "\n").sync.tcp_servers, IsEmpty());
    EXPECT_THAT(messages_.back(), HasSubstr("has no effect"));
  }
}

TEST_F(PeersTest, AContextOfItsOwnIsWarnedOfOnlyWithPeers) {
  load(std::string(sessions) + "https = :1,a,b\n");
  EXPECT_THAT(messages_, IsEmpty());
  load(std::string(sessions) + "https = :1,a,b\ncache-udp-node = :7171\n");
  EXPECT_THAT(messages_, ElementsAre(HasSubstr("https-session-context")));
}

TEST_F(PeersTest, ClientCertificatesStayUnlessTheyAreToBeShared) {
  const std::string ini = std::string(sessions) +
                          "https-session-context = x\nhttps = :1,a,b,HIGH,!ca\n"
                          "cache-udp-node = :7171\n";
  EXPECT_FALSE(load(ini).share_client_certificates);
  EXPECT_THAT(messages_, ElementsAre(HasSubstr("not shared with other hosts")));
  EXPECT_TRUE(load(ini + "ssl-sessions-share-client-certs = true\n").share_client_certificates);
  EXPECT_THAT(messages_, ElementsAre(HasSubstr("can be any client")));
}

TEST_F(PeersTest, SessionsForOpenssl10AreAsIfItsLineStoodAnywhere) {
  const std::string https = "https-session-context = x\nhttps = :1,a,b\n";
  const std::string option = "ssl-sessions-openssl10 = true\n";
  const auto is_on = [&](const std::string& ini) {
    const config::Config config = load(ini);
    return config.http.listeners.back().tls->for_openssl_1_0;
  };
  EXPECT_FALSE(is_on(sessions + https));
  EXPECT_TRUE(is_on(sessions + https + option));
  EXPECT_TRUE(is_on(option + sessions + https));
  EXPECT_THAT(messages_, IsEmpty());
  EXPECT_FALSE(is_on(sessions + https + option + "ssl-sessions-openssl10 = false\n"));
  EXPECT_FALSE(is_on(option + https));
  EXPECT_THAT(messages_, ElementsAre(HasSubstr("ssl-sessions-openssl10 has no effect")));
}

TEST_F(PeersTest, SessionsForOpenssl10GoWithNoClientCertificates) {
  const std::string ini =
      std::string(sessions) + "https-session-context = x\nssl-sessions-openssl10 = true\n";
  constexpr char advice[] = "no client CA expected here";
  const std::string of_listener = refusal(ini + "https = :1,a,b,HIGH,ca\n");
  EXPECT_THAT(of_listener, HasSubstr("cannot go with client certificates"));
  EXPECT_THAT(of_listener, HasSubstr("a.ini:8:1"));
  EXPECT_THAT(of_listener, HasSubstr(advice));
  const std::string of_name = refusal(ini + "https = :1,a,b\nsni = name c,d,HIGH,!ca\n");
  EXPECT_THAT(of_name, HasSubstr("a.ini:9:1"));
  EXPECT_THAT(of_name, HasSubstr(advice));
  EXPECT_EQ(refusal(ini + "https = :1,a,b\nsni = name c,d,HIGH\n"), "accepted");
}

TEST_F(PeersTest, SessionsForOpenssl10WantAContextThatFits) {
  const std::string ini = std::string(sessions) + "ssl-sessions-openssl10 = true\n";
  const auto with = [&](std::size_t size) {
    return refusal(ini + "https-session-context = " + std::string(size, 'x') +
                   "\nhttps = :1,a,b\n");
  };
  EXPECT_EQ(with(32), "accepted");
  EXPECT_THAT(with(33), HasSubstr("https-session-context of at most 32 bytes expected"));
}

}  // namespace
}  // namespace reprise::compat
