#include "compat/repeater_stats_json.hpp"

#include <gtest/gtest.h>

namespace reprise::compat {
namespace {

TEST(RepeaterStatsJsonTest, ShowsGatewaysMembersAndProcesses) {
  stats::RepeaterSnapshot snapshot;
  snapshot.version = "2.0.21-reprise";
  snapshot.cwd = "/srv";
  auto& gateway = snapshot.gateways.emplace_back();
  gateway.address = "10.0.0.9:1";
  gateway.servers = {"10.0.0.9:2"};
  gateway.received = 5;
  gateway.forwarded = 4;
  gateway.rejected = {{"not_member", 1}};
  auto& member = gateway.members.emplace_back();
  member.address = "10.0.0.1:1";
  member.kind = "cookie";
  member.cookie = true;
  member.age_ms = 7;
  member.rejected = {{"seen", 2}};
  snapshot.processes = {{1, 4465, 0}};
  EXPECT_EQ(
      repeater_stats_json(snapshot, /*minified=*/true),
      R"({"version":"2.0.21-reprise","pid":4465,"uid":0,"gid":0,"cwd":"/srv","udprepeater":[)"
      R"({"address":"10.0.0.9:1","subscription_servers":["10.0.0.9:2"],"received":5,)"
      R"("received_bytes":0,"forwarded":4,"cookies":0,"joined":0,"left":0,"failed":0,"dropped":0,)"
      R"("rejected":{"not_member":1},"members":[{"address":"10.0.0.1:1","kind":"cookie",)"
      R"("cookie":1,"age_ms":7,"heard_ms":0,"received":0,"received_bytes":0,"sent":0,)"
      R"("sent_bytes":0,"rejected":{"seen":2}}]}],"workers":[{"id":1,"pid":4465,"respawns":0}]})");
}

}  // namespace
}  // namespace reprise::compat
