#include "router/host_nodes.hpp"

#include <gtest/gtest.h>

namespace reprise::router {
namespace {

TEST(HostNodes, OneAddress) {
  const auto nodes = parse_host_nodes("127.0.0.1:3031");
  ASSERT_EQ(nodes.size(), 1U);
  EXPECT_EQ(nodes[0].address, "127.0.0.1:3031");
  EXPECT_EQ(nodes[0].endpoint.text(), "127.0.0.1:3031");
  EXPECT_FALSE(nodes[0].modifier1);
}

TEST(HostNodes, AModifierIsForThePartThatHasIt) {
  const auto nodes = parse_host_nodes("/run/a.sock|@b,9|[::1]:80");
  ASSERT_EQ(nodes.size(), 3U);
  EXPECT_EQ(nodes[0].endpoint.text(), "/run/a.sock");
  EXPECT_FALSE(nodes[0].modifier1);
  EXPECT_EQ(nodes[1].endpoint.text(), "@b");
  EXPECT_EQ(nodes[1].modifier1, 9);
  EXPECT_EQ(nodes[2].endpoint.text(), "[::1]:80");
}

class BadHostNodes : public ::testing::TestWithParam<std::string> {};

TEST_P(BadHostNodes, AreNone) {
  EXPECT_TRUE(parse_host_nodes(GetParam()).empty());
}

INSTANTIATE_TEST_SUITE_P(, BadHostNodes,
                         ::testing::Values("", "|", "127.0.0.1:1|", "|127.0.0.1:1", "127.0.0.1:1,",
                                           "127.0.0.1:1,256", "127.0.0.1:1,-1", "127.0.0.1:1,5x",
                                           "127.0.0.1:1,5,6", "app.example:80", "localhost:80",
                                           "127.0.0.1:99999", "999.0.0.1:80", "=0",
                                           "/" + std::string(200, 'x'), std::string(2000, '/'),
                                           "@a|@b|@c|@d|@e|@f|@g|@h|@i|@j|@k|@l|@m|@n|@o|@p|@q"));

}  // namespace
}  // namespace reprise::router
