#include "router/backends.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/base/standard_error.hpp"

namespace reprise::router {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class BackendsTest : public ::testing::Test {
protected:
  void use(const std::vector<std::string>& addresses, seconds gracetime = seconds(30)) {
    std::vector<Written> written;
    for (const std::string& address : addresses)
      written.push_back({address, ""});
    backends_.emplace("http", resolve(written), gracetime);
  }
  void advance(Backends::Clock::duration time) { now_ += time; }

  // Whose turn it is; "none".
  std::string next() {
    last_ = backends_->next(now_);
    return last_ == nullptr ? "none" : last_->address;
  }
  void fail() { backends_->mark_failed(*last_, last_->endpoint, "app.test", now_); }

  std::optional<Backends> backends_;
  Backends::Clock::time_point now_{seconds(1000)};
  Backends::Node* last_ = nullptr;
};

TEST_F(BackendsTest, TakeTurns) {
  use({"127.0.0.1:1", "127.0.0.1:2", "/run/3"});
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(next(), "127.0.0.1:1");
    EXPECT_EQ(next(), "127.0.0.1:2");
    EXPECT_EQ(next(), "/run/3");
  }
}

TEST_F(BackendsTest, KnowWhereTheyAre) {
  use({"127.0.0.1:1"});
  EXPECT_EQ(next(), "127.0.0.1:1");
  EXPECT_EQ(last_->endpoint, net::resolve("127.0.0.1:1", net::Role::connect));
}

TEST_F(BackendsTest, OneThatFailedIsLeftAloneForTheGraceTime) {
  use({"127.0.0.1:1", "127.0.0.1:2"}, seconds(5));
  ASSERT_EQ(next(), "127.0.0.1:1");
  fail();
  EXPECT_EQ(next(), "127.0.0.1:2");
  EXPECT_EQ(next(), "127.0.0.1:2");
  advance(seconds(5) - milliseconds(1));
  EXPECT_EQ(next(), "127.0.0.1:2");
  advance(milliseconds(1));
  EXPECT_EQ(next(), "127.0.0.1:2") << "nobody has reached the other one yet";
  EXPECT_EQ(next(), "127.0.0.1:2");
}

TEST_F(BackendsTest, AFailureElsewhereIsNotItsOwn) {
  use({"127.0.0.1:1"});
  next();
  const net::Endpoint before = last_->endpoint;
  last_->endpoint = net::resolve("127.0.0.2:1", net::Role::connect);
  backends_->mark_failed(*last_, before, "app.test", now_);
  EXPECT_EQ(next(), "127.0.0.1:1");
  fail();
  EXPECT_EQ(next(), "none");
}

TEST_F(BackendsTest, EachFailureStartsTheGraceTimeAgain) {
  use({"127.0.0.1:1"}, seconds(5));
  next();
  fail();
  advance(seconds(3));
  fail();
  advance(seconds(3));
  EXPECT_EQ(next(), "none");
  advance(seconds(2));
  EXPECT_EQ(next(), "127.0.0.1:1");
}

TEST_F(BackendsTest, ThereMayBeNone) {
  use({});
  EXPECT_EQ(next(), "none");
  use({"127.0.0.1:1", "127.0.0.1:2"});
  next();
  fail();
  next();
  fail();
  EXPECT_EQ(next(), "none");
}

TEST_F(BackendsTest, WithoutGraceTimeAFailureIsForgottenAtOnce) {
  use({"127.0.0.1:1"}, seconds(0));
  next();
  fail();
  EXPECT_EQ(next(), "127.0.0.1:1");
}

TEST_F(BackendsTest, OneAddressMayStandThereTwice) {
  use({"127.0.0.1:1", "127.0.0.1:1"});
  next();
  fail();
  EXPECT_EQ(next(), "127.0.0.1:1") << "the other one";
  fail();
  EXPECT_EQ(next(), "none");
}

TEST_F(BackendsTest, ReportInWordsThatPeopleGrepFor) {
  use({"127.0.0.1:1"});
  next();
  reprise::testing::StandardError error;
  for (const char* why : {"Connection refused", "timeout"}) {  // one too many in so short a time
    backends_->report(last_->address, 2, why);
    fail();
  }
  EXPECT_THAT(error.writes(),
              ElementsAre("[uwsgi-http] unable to connect() to node \"127.0.0.1:1\" (2 retries): "
                          "Connection refused\n",
                          "[uwsgi-http] app.test => marking 127.0.0.1:1 as failed\n"));
  EXPECT_THAT(error.writes(), IsEmpty());
}

TEST(ResolveBackends, NamesThePlaceOfABadOne) {
  try {
    resolve({{"127.0.0.1:1", "a.ini:1"}, {"=0", "a.ini:2"}});
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "address \"=0\": a shared socket is of use to listen only\na.ini:2");
  }
}

TEST(ResolveBackends, KeepsTheOrderAndTheWords) {
  const auto resolved = resolve({{"localhost:80", ""}, {"@app", ""}});
  ASSERT_EQ(resolved.size(), 2U);
  EXPECT_EQ(resolved[0].written, "localhost:80");
  EXPECT_EQ(resolved[0].endpoint.port(), 80U);
  EXPECT_EQ(resolved[1].endpoint.text(), "@app");
}

TEST_F(BackendsTest, OneThatIsReachedTakesItsTurnsAgain) {
  use({"127.0.0.1:1", "127.0.0.1:2"}, seconds(5));
  ASSERT_EQ(next(), "127.0.0.1:1");
  Backends::Node* const failed = last_;
  fail();
  advance(seconds(1));
  EXPECT_EQ(next(), "127.0.0.1:2");
  backends_->mark_reached(*failed, failed->endpoint);
  EXPECT_EQ(next(), "127.0.0.1:1");
  EXPECT_EQ(next(), "127.0.0.1:2");
}

TEST_F(BackendsTest, IfAllHaveFailedOneRequestTries) {
  use({"127.0.0.1:1", "127.0.0.1:2"}, seconds(5));
  next();
  fail();
  next();
  fail();
  advance(seconds(6));
  EXPECT_EQ(next(), "127.0.0.1:1");
  EXPECT_EQ(next(), "127.0.0.1:2");
  EXPECT_EQ(next(), "none") << "both are being tried";
}

TEST_F(BackendsTest, TellOfFailures) {
  use({"127.0.0.1:1", "127.0.0.1:2"});
  std::vector<std::string> told;
  backends_->when_failed([&](Backends::Node& node) { told.push_back(node.address); });
  next();
  fail();
  backends_->still_failed(*last_, last_->endpoint, now_);
  EXPECT_THAT(told, ElementsAre("127.0.0.1:1"));
}

// A name whose resolver says now this, now that.
class RotatingName : public BackendsTest {
protected:
  RotatingName() {
    use({"127.0.0.1:1"}, seconds(60));
    next();
    last_->renewal.emplace("name:1", now_, [resolver = resolver_](const std::string&) {
      const std::lock_guard lock(resolver->mutex);
      const net::Endpoint answer = resolver->answer;
      ++resolver->asked;
      return answer;
    });
  }
  // `patience`: how long an answer that should be taken may need on a slow machine.
  void lead_to(const char* address, seconds patience = seconds(10)) {
    {
      const std::lock_guard lock(resolver_->mutex);
      resolver_->answer = at(address);
    }
    // The first question may have been under way already.
    const std::atomic<int>& asked = resolver_->asked;
    for (const int enough = asked + 2; asked < enough; std::this_thread::yield()) {
      Backends::hurry(*last_);
      backends_->next(now_);
    }
    // The answer is taken by a look soon after.
    const auto end = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < end && last_node().endpoint != at(address)) {
      backends_->next(now_);
      std::this_thread::sleep_for(milliseconds(1));
    }
  }
  Backends::Node& last_node() { return backends_->at(0, now_); }
  std::string next() {
    Backends::Node* const node = backends_->next(now_);
    if (node != nullptr) last_ = node;
    return node == nullptr ? "none" : node->endpoint.text();
  }
  static net::Endpoint at(const char* address) { return net::resolve(address, net::Role::connect); }

  // Of threads that may be there longer than the test.
  struct Resolver {
    std::mutex mutex;
    net::Endpoint answer = at("127.0.0.1:1");
    std::atomic<int> asked = 0;
  };
  std::shared_ptr<Resolver> resolver_ = std::make_shared<Resolver>();
};

TEST_F(RotatingName, AMarkIsTheAddresss) {
  fail();
  EXPECT_EQ(next(), "none");
  lead_to("127.0.0.2:1");
  EXPECT_EQ(next(), "127.0.0.2:1") << "this one has not failed";
  fail();
  lead_to("127.0.0.1:1");
  EXPECT_EQ(next(), "none") << "that one has";
  advance(seconds(61));
  EXPECT_EQ(next(), "127.0.0.1:1");
}

TEST_F(RotatingName, AMarkThatIsOverDoesNotKeepAnAddressOut) {
  fail();
  lead_to("127.0.0.2:1");
  advance(seconds(61));
  lead_to("127.0.0.1:1");
  EXPECT_EQ(last_node().endpoint, at("127.0.0.1:1"));
  EXPECT_FALSE(last_node().failed) << "nobody would ever try it while others are there";
}

TEST_F(RotatingName, AnAddressThatWorksIsNotLeftForOneThatFailed) {
  fail();
  lead_to("127.0.0.2:1");
  EXPECT_EQ(next(), "127.0.0.2:1");
  lead_to("127.0.0.1:1", seconds(1));
  EXPECT_EQ(next(), "127.0.0.2:1");
}

TEST_F(RotatingName, AFailureThatComesLateIsRemembered) {
  const net::Endpoint first = last_->endpoint;
  lead_to("127.0.0.2:1");
  backends_->mark_failed(*last_, first, "app.test", now_);
  EXPECT_EQ(next(), "127.0.0.2:1");
  fail();
  lead_to("127.0.0.1:1");
  EXPECT_EQ(next(), "none");
}

TEST_F(RotatingName, MarksAreBounded) {
  for (int i = 1; i < 100; ++i) {
    const std::string address = "127.0.1." + std::to_string(i) + ":1";
    backends_->mark_failed(*last_, at(address.c_str()), "app.test", now_);
  }
  EXPECT_LE(last_->marks.size(), 16U);
}

TEST_F(BackendsTest, TheOnlyOneIsForEverybody) {
  use({"127.0.0.1:1"}, seconds(5));
  ASSERT_EQ(next(), "127.0.0.1:1");
  fail();
  EXPECT_EQ(next(), "none");
  advance(seconds(6));
  EXPECT_EQ(next(), "127.0.0.1:1");
  EXPECT_EQ(next(), "127.0.0.1:1");
}

}  // namespace
}  // namespace reprise::router
