#include "app/node.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "app/collect.hpp"
#include "app/collect_raw.hpp"
#include "base/clock.hpp"

namespace reprise::app {
namespace {

class NodeTest : public testing::Test {
protected:
  NodeTest() {
    char pattern[] = "/tmp/reprise-node-XXXXXX";
    directory_ = ::mkdtemp(pattern);
    config_.http.listeners.push_back({"", directory_ + "/http.sock", std::nullopt, std::nullopt});
    config_.http.upstreams.push_back({"127.0.0.1:3031", ""});
    config_.http.processes = 3;
    config_.stats.addresses.push_back({directory_ + "/stats.sock", ""});
    config_.caches.push_back(sessions_cache());
  }
  ~NodeTest() override { std::filesystem::remove_all(directory_); }

  static cache::Settings sessions_cache() {
    cache::Settings settings;
    settings.name = "ssl";
    settings.max_items = 100;
    settings.blocksize = 4096;
    return settings;
  }
  static ino_t inode(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? status.st_ino : 0;
  }
  static void store(const Node& node, std::string_view key) {
    const UnixSeconds now = unix_now();
    ASSERT_EQ(node.caches().find("ssl")->set(key, "value", now + 100, now),
              cache::SetResult::stored);
  }

  std::string directory_;
  config::Config config_;
  process::Handover nothing_;
};

TEST_F(NodeTest, MakesAKeeperAndItsWorkers) {
  Node node(config_, nothing_);
  const auto children = node.children();
  ASSERT_EQ(children.size(), 4u);
  EXPECT_EQ(children[0].name, "uWSGI keeper");
  EXPECT_EQ(children[1].name, "uWSGI http 1");
  EXPECT_EQ(children[3].name, "uWSGI http 3");
}

TEST_F(NodeTest, WithoutListenersThereIsTheKeeperAlone) {
  config_.http.listeners.clear();
  Node node(config_, nothing_);
  EXPECT_EQ(node.children().size(), 1u);
}

TEST_F(NodeTest, TheRawRoutersWorkersComeLast) {
  config_.raw.listeners.push_back({directory_ + "/raw.sock", ""});
  config_.raw.processes = 2;
  Node node(config_, nothing_);
  const auto children = node.children();
  ASSERT_EQ(children.size(), 6u);
  EXPECT_EQ(children[4].name, "uWSGI rawrouter 1");
  EXPECT_EQ(children[5].name, "uWSGI rawrouter 2");
  EXPECT_EQ(&node.child_row(5), &node.raw_scoreboard().row(1));
  EXPECT_EQ(node.announcements().back().rfind("uWSGI rawrouter bound on " + directory_, 0), 0u);
}

TEST_F(NodeTest, TheNextGenerationTakesOverTheRawRoutersSockets) {
  config_.raw.listeners.push_back({directory_ + "/raw.sock", ""});
  config_.raw.stats = {directory_ + "/raw-stats.sock", ""};
  const Node old(config_, nothing_);
  const ino_t socket = inode(directory_ + "/raw.sock");
  const ino_t stats = inode(directory_ + "/raw-stats.sock");
  process::Handover handover;
  old.hand_over(handover);
  const Node next(config_, handover);
  EXPECT_EQ(inode(directory_ + "/raw.sock"), socket);
  EXPECT_EQ(inode(directory_ + "/raw-stats.sock"), stats);
}

TEST_F(NodeTest, CollectsWhatTheRawRoutersStatsShow) {
  config_.raw.listeners.push_back({directory_ + "/raw.sock", ""});
  config_.raw.processes = 2;
  config_.raw.nodes = {{"127.0.0.1:1", ""}, {"127.0.0.1:2", ""}};
  config_.raw.fallbacks = {{"127.0.0.1:3", ""}};
  const Node node(config_, nothing_);
  const RawScoreboard& scoreboard = node.raw_scoreboard();
  scoreboard.row(1).router.no_node.add(4);
  for (std::size_t worker = 0; worker < 2; ++worker) {
    scoreboard.nodes_of(worker)[1].connections.add(3);
    scoreboard.nodes_of(worker)[1].active.add(2);
  }
  scoreboard.nodes_of(0)[0].failed_at.set(unix_now() - 1);
  scoreboard.nodes_of(1)[2].failed_at.set(unix_now() - 100);
  node.forget_connections(5);
  const stats::RawSnapshot snapshot = collect_raw(node);
  ASSERT_EQ(snapshot.nodes.size(), 2u);
  ASSERT_EQ(snapshot.fallbacks.size(), 1u);
  EXPECT_EQ(snapshot.nodes[1].connections, 6u);
  EXPECT_EQ(snapshot.nodes[1].active, 2u) << "those of one worker went with it";
  EXPECT_NE(snapshot.nodes[0].left_alone_since, 0u);
  EXPECT_EQ(snapshot.fallbacks[0].left_alone_since, 0u) << "long ago";
  ASSERT_EQ(snapshot.workers.size(), 2u);
  EXPECT_EQ(snapshot.workers[1].no_node, 4u);
}

TEST_F(NodeTest, AnnouncesCachesBeforeListeners) {
  const Node node(config_, nothing_);
  ASSERT_EQ(node.announcements().size(), 2u);
  EXPECT_EQ(node.announcements()[0].rfind("*** Cache \"ssl\" initialized: ", 0), 0u);
  EXPECT_EQ(node.announcements()[1].rfind("uWSGI http bound on " + directory_, 0), 0u);
}

TEST_F(NodeTest, TheNextGenerationTakesOverSocketsAndItems) {
  const Node old(config_, nothing_);
  store(old, "key");
  const ino_t socket = inode(directory_ + "/http.sock");
  process::Handover handover;
  old.hand_over(handover);
  const Node next(config_, handover);
  EXPECT_EQ(inode(directory_ + "/http.sock"), socket) << "not bound anew";
  EXPECT_TRUE(next.caches().find("ssl")->get("key", unix_now()));
  store(old, "late");
  EXPECT_TRUE(next.caches().find("ssl")->get("late", unix_now())) << "one memory, two generations";
}

TEST_F(NodeTest, ACacheOfAnotherGeometryStartsEmpty) {
  const Node old(config_, nothing_);
  store(old, "key");
  process::Handover handover;
  old.hand_over(handover);
  config_.caches[0].max_items = 200;
  const Node next(config_, handover);
  EXPECT_FALSE(next.caches().find("ssl")->get("key", unix_now()));
}

TEST_F(NodeTest, AnAddressInUseIsSaidInUwsgisWords) {
  config_.http.listeners = {{"", "127.0.0.1:0", std::nullopt, std::nullopt}};
  const Node first(config_, nothing_);
  process::Handover listeners;
  first.hand_over(listeners);
  const auto fd = listeners.take("listener", "127.0.0.1:0");
  const std::string taken = net::Listener::adopt("", UniqueFd(::dup(fd->get())), {}).bound_name();
  config_.http.listeners = {{"", taken, std::nullopt, std::nullopt}};
  try {
    const Node second(config_, nothing_);
    FAIL();
  } catch (const std::runtime_error& e) {
    EXPECT_NE(std::string(e.what()).find("probably another instance of uWSGI is running on the "
                                         "same address (" +
                                         taken + ").\nbind(): "),
              std::string::npos)
        << e.what();
  }
}

TEST_F(NodeTest, VacuumRemovesTheSocketsAndSaysSo) {
  const Node node(config_, nothing_);
  const auto lines = node.remove_sockets([](const std::string&) { return false; });
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0], "VACUUM: unix socket " + directory_ + "/http.sock removed.");
  EXPECT_EQ(lines[1], "VACUUM: unix socket " + directory_ + "/stats.sock (stats) removed.");
  EXPECT_EQ(inode(directory_ + "/http.sock"), 0u);
}

TEST_F(NodeTest, CollectsWhatTheStatsShow) {
  const Node node(config_, nothing_);
  store(node, "key");
  node.scoreboard().row(1).pid.set(4711);
  node.scoreboard().row(1).starts.add(2);
  node.scoreboard().row(1).router.requests.add(5);
  const stats::Snapshot snapshot = collect(node, 42);
  EXPECT_EQ(snapshot.pid, 42u);
  ASSERT_EQ(snapshot.caches.size(), 1u);
  EXPECT_EQ(snapshot.caches[0].items, 1u);
  EXPECT_EQ(snapshot.caches[0].blocks, 100u) << "as many as items";
  EXPECT_FALSE(snapshot.tls) << "no TLS listener";
  ASSERT_EQ(snapshot.routers.size(), 3u);
  EXPECT_EQ(snapshot.routers[1].pid, 4711u);
  EXPECT_EQ(snapshot.routers[1].respawns, 1u);
  EXPECT_EQ(snapshot.routers[1].requests, 5u);
}

}  // namespace
}  // namespace reprise::app
