#include "store/reach.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>

namespace reprise::store {
namespace {

Settings memcacheds() {
  Settings settings;
  settings.url = {"memcached://127.0.0.1:1,127.0.0.1:2", "node.ini:3:24"};
  settings.engine = EngineKind::memcached;
  settings.servers = {"127.0.0.1:1", "127.0.0.1:2"};
  return settings;
}

TEST(Reach, HasTheRingOfItsServers) {
  const Reach reach = make_reach(memcacheds());
  ASSERT_TRUE(reach.ring);
  EXPECT_LT(reach.ring->server_of("key"), 2U);
}

TEST(Reach, SaysAtTheStartThatOpenSslHasNoMd5) {
  // As where it has nothing but what FIPS allows.
  ASSERT_EQ(::EVP_set_default_properties(nullptr, "fips=yes"), 1);
  std::string said;
  try {
    make_reach(memcacheds());
  } catch (const std::runtime_error& error) {
    said = error.what();
  }
  ::EVP_set_default_properties(nullptr, "");
  EXPECT_NE(said.find("no MD5"), std::string::npos) << said;
  EXPECT_NE(said.find("node.ini:3:24"), std::string::npos) << said;
}

}  // namespace
}  // namespace reprise::store
