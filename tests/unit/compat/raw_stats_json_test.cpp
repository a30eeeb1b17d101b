#include "compat/raw_stats_json.hpp"

#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

namespace reprise::compat {
namespace {

// As uWSGI sent it.
std::string golden(const std::string& name) {
  std::ifstream file(TEST_DATA "/golden/stats/" + name, std::ios::binary);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

// Our members stand behind uWSGI's last one.
std::string without_ours(std::string document) {
  const std::size_t begin = document.find(",\n\t\"nodes\":");
  const std::size_t end = document.rfind("\n}");
  return document.erase(begin, end - begin);
}

stats::RawSnapshot snapshot() {
  stats::RawSnapshot out;
  out.version = "2.0.21-debian";
  out.cwd = "/srv/run";
  out.listeners = {"127.0.0.1:21035"};
  out.nodes = {{"127.0.0.1:21034", 1, 0, 0, 0}};
  stats::RawWorkerSnapshot worker;
  worker.id = 1;
  worker.pid = 4465;
  out.workers = {worker};
  return out;
}

TEST(RawStatsJsonTest, IsAsUwsgiPrintsIt) {
  EXPECT_EQ(without_ours(raw_stats_json(snapshot(), /*minified=*/false)), golden("rawrouter.json"));
}

TEST(RawStatsJsonTest, SumsOverTheWorkersAndShowsEach) {
  stats::RawSnapshot busy = snapshot();
  busy.listeners.emplace_back("\"quoted\"");
  busy.nodes.push_back({"b:1", 7, 3, 2, 1795435694});
  busy.fallbacks.push_back({"c:1", 0, 0, 1, 0});
  busy.workers.push_back({2, 4466, 1, 9, 0, 4, 100, 200, 1, 2, 3, 4, 5, 6});
  busy.workers[0].active_sessions = 1;
  EXPECT_EQ(raw_stats_json(busy, /*minified=*/true),
            R"({"version":"2.0.21-debian","pid":4465,"uid":0,"gid":0,"cwd":"/srv/run",)"
            R"("active_sessions":5,"rawrouter":["127.0.0.1:21035","\"quoted\""],)"
            R"("static_nodes":[{"name":"127.0.0.1:21034","hits":1,"grace":0},)"
            R"({"name":"b:1","hits":7,"grace":1795435694}],"cheap":0,)"
            R"("nodes":[{"name":"127.0.0.1:21034","connections":1,"active":0,"failed":0},)"
            R"({"name":"b:1","connections":7,"active":3,"failed":2}],)"
            R"("fallbacks":[{"name":"c:1","connections":0,"active":0,"failed":1}],)"
            R"("workers":[{"id":1,"pid":4465,"respawns":0,"accepted":0,"accept_failed":0,)"
            R"("active_sessions":1,"bytes_in":0,"bytes_out":0,"no_node":0,"connect_failed":0,)"
            R"("greeting_failed":0,"timed_out":0,"client_failed":0,"node_failed":0},)"
            R"({"id":2,"pid":4466,"respawns":1,"accepted":9,"accept_failed":0,)"
            R"("active_sessions":4,"bytes_in":100,"bytes_out":200,"no_node":1,"connect_failed":2,)"
            R"("greeting_failed":3,"timed_out":4,"client_failed":5,"node_failed":6}]})");
}

TEST(RawStatsJsonTest, WithoutNodesThereIsNoListOfThem) {
  stats::RawSnapshot none = snapshot();
  none.nodes.clear();
  EXPECT_EQ(raw_stats_json(none, /*minified=*/true).find("static_nodes"), std::string::npos);
}

}  // namespace
}  // namespace reprise::compat
