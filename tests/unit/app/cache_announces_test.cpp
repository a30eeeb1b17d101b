#include "app/cache_announces.hpp"

#include <gtest/gtest.h>

#include "net/address.hpp"

namespace reprise::app {
namespace {

struct Nothing final : sync::Sink {
  void take(Bytes, const net::Endpoint&, UnixSeconds) noexcept override {}
};

// The loop is the keeper's, which has other things to do.
TEST(CacheAnnouncesTest, ASocketThatFailsEndsNothing) {
  net::asio::io_context io;
  Nothing sink;
  const auto node = net::resolve("127.0.0.1:9", net::Role::connect);
  CacheAnnounces announces("default", {{node, -1}}, sink);
  announces.start(io);
  EXPECT_NO_THROW(io.run_for(std::chrono::milliseconds(20)));
}

}  // namespace
}  // namespace reprise::app
