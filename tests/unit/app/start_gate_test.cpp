#include "app/start_gate.hpp"

#include <gtest/gtest.h>

#include "net/reactor.hpp"

namespace reprise::app {
namespace {

using std::chrono::seconds;

class StartGateTest : public ::testing::Test {
protected:
  // Whether who waits goes on within the time.
  bool goes_on(seconds patience, std::chrono::milliseconds within) {
    bool done = false;
    net::asio::co_spawn(io_, gate_.wait(io_, patience), [&](std::exception_ptr) {
      done = true;
      io_.stop();
    });
    net::Timer limit(io_);
    limit.start(within, [this](error_code error) {
      if (!error) io_.stop();
    });
    io_.restart();
    net::Reactor::of(io_).run();
    return done;
  }
  net::asio::io_context io_;
  StartGate gate_;
};

TEST_F(StartGateTest, NobodyPassesBeforeItIsOpen) {
  EXPECT_FALSE(goes_on(seconds(60), std::chrono::milliseconds(100)));
}

TEST_F(StartGateTest, OnceOpenItIsOpenForEverybody) {
  gate_.open();
  EXPECT_TRUE(goes_on(seconds(60), seconds(5)));
  EXPECT_TRUE(goes_on(seconds(60), seconds(5)));
}

TEST_F(StartGateTest, WhoWaitsLongEnoughGoesOn) {
  EXPECT_TRUE(goes_on(seconds(0), seconds(5)));
  EXPECT_TRUE(goes_on(seconds(1), seconds(20)));
}

}  // namespace
}  // namespace reprise::app
