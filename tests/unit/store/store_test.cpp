// A store over real sockets: a server that is a script of answers.
#include "store/store.hpp"

#include "store/vault.hpp"
#include "tests/unit/store/harness.hpp"

namespace reprise::store {
namespace {

using namespace std::chrono_literals;
using testing::Server;
using testing::StoreFixture;

std::string welcome(const std::string& line) {
  return line == "version" ? "VERSION 1\r\n" : "";
}

class StoreTest : public StoreFixture {
protected:
  void serve_with(Server::Answer answer, std::chrono::milliseconds budget = 100ms) {
    server_ = std::make_unique<Server>(std::move(answer));
    begin({{"test", "127.0.0.1", server_->endpoint()}}, budget);
    run_until([this] { return row().connected.get() == 1; });
  }

  void begin(std::vector<Link::Place> places, std::chrono::milliseconds budget = 100ms) {
    reach_.places = std::move(places);
    reach_.dialect = make_memcached_dialect();
    reach_.ring.emplace(ring_of(reach_.places));
    reach_.budget = budget;
    start(/*cluster=*/false);
  }

  ServerRow& row() { return rows_.row(0); }
  std::uint64_t troubles_of(Trouble kind) {
    return row().trouble[static_cast<std::size_t>(kind)].get();
  }

  std::unique_ptr<Server> server_;
};

TEST_F(StoreTest, FindsWhatIsThere) {
  serve_with([](const std::string& line) {
    if (line == "get a") return std::string("VALUE a 0 1\r\nx\r\nEND\r\n");
    return line == "get b" ? "END\r\n" : welcome(line);
  });
  EXPECT_EQ(look_up("a"), "x");
  EXPECT_EQ(look_up("b"), "nothing");
  EXPECT_EQ(row().look_ups.get(), 2U);
  EXPECT_EQ(row().hits.get(), 1U);
  EXPECT_EQ(row().misses.get(), 1U);
  EXPECT_EQ(counters_.suspended.get(), 0U);
}

TEST_F(StoreTest, NobodyWaitsForASilentServerAfterTheFirstThree) {
  serve_with(welcome, 20ms);
  for (int i = 0; i < Breaker::most_failures; ++i)
    EXPECT_EQ(look_up("a"), "too late");
  EXPECT_EQ(look_up("a"), "refused");
  EXPECT_EQ(counters_.unavailable.get(), 1U);
  EXPECT_EQ(row().timed_out.get(), 3U);
  EXPECT_EQ(row().breaker_opened.get(), 1U);
}

TEST_F(StoreTest, AProbeMakesAServerGoodAgain) {
  std::atomic<bool> silent{true};
  serve_with(
      [&](const std::string& line) {
        return line == "get a" && !silent ? std::string("END\r\n") : welcome(line);
      },
      50ms);
  for (int i = 0; i < Breaker::most_failures; ++i)
    look_up("a");
  EXPECT_EQ(look_up("a"), "refused");
  silent = false;
  // The answer to a probe stands where one to a get should: another connection is made.
  run_until([&] { return row().connections.get() == 2; });
  run_until([&] { return row().breaker.get() == 0; });
  EXPECT_EQ(look_up("a"), "nothing");
}

TEST_F(StoreTest, RubbishEndsTheConnectionAlone) {
  serve_with([](const std::string& line) {
    return line == "get a" ? std::string("hello\r\n") : welcome(line);
  });
  EXPECT_EQ(look_up("a"), "nothing");
  EXPECT_EQ(row().trouble[static_cast<std::size_t>(Trouble::malformed)].get(), 1U);
  run_until([&] { return row().connections.get() == 2; });
}

TEST_F(StoreTest, AValueThatIsNoSessionCostsItsOwnLookUpAlone) {
  const std::string long_value(Vault::most_value + 1, 'x');
  serve_with([&](const std::string& line) {
    if (line == "get a")
      return "VALUE a 0 " + std::to_string(long_value.size()) + "\r\n" + long_value + "\r\nEND\r\n";
    return line == "get b" ? std::string("VALUE b 0 1\r\nx\r\nEND\r\n") : welcome(line);
  });
  for (int i = 0; i <= Breaker::most_failures; ++i)
    EXPECT_EQ(look_up("a"), "nothing");
  EXPECT_EQ(troubles_of(Trouble::unfit), Breaker::most_failures + 1U);
  EXPECT_EQ(row().failed.get(), Breaker::most_failures + 1U);
  EXPECT_EQ(look_up("b"), "x") << "the server is well";
  EXPECT_EQ(row().connections.get(), 1U);
}

TEST_F(StoreTest, ANameIsAskedForAgain) {
  const Server server(welcome);
  // Where it was before, nobody is.
  const net::Endpoint here = server.endpoint();
  reach_.resolve = [here](const std::string&) { return here; };
  begin({{"store.test:11211", "store.test", net::resolve("127.0.0.1:1", net::Role::connect)}});
  run_until([this] { return row().connected.get() == 1; });
  EXPECT_GE(troubles_of(Trouble::connect), 1U);
}

TEST_F(StoreTest, ASearchMayGoBeforeItsAnswer) {
  serve_with(welcome);
  auto why = Store::Refusal::none;
  store_->seek({"a"}, why).reset();
  EXPECT_EQ(why, Store::Refusal::none);
  EXPECT_EQ(counters_.suspended.get(), 0U);
}

TEST_F(StoreTest, SearchesHaveABound) {
  serve_with(welcome);
  auto why = Store::Refusal::none;
  std::vector<std::unique_ptr<Store::Search>> searches;
  for (std::size_t i = 0; i < Store::most_searches; ++i)
    searches.push_back(store_->seek({"a"}, why));
  EXPECT_EQ(why, Store::Refusal::none);
  EXPECT_FALSE(store_->seek({"a"}, why));
  EXPECT_EQ(why, Store::Refusal::too_many);
  EXPECT_EQ(counters_.refused.get(), 1U);
}

TEST_F(StoreTest, WritesWaitInABoundedQueue) {
  serve_with(welcome);  // and says nothing to writes
  for (std::size_t i = 0; i < Link::most_writes + 10; ++i)
    store_->keep("n", "v", 60);
  EXPECT_EQ(row().dropped.get(), 10U);
  EXPECT_EQ(row().queued.get(), Link::most_writes);
  EXPECT_EQ(row().writes.get(), Link::most_writes + 10);
}

TEST_F(StoreTest, AWriteThatComesAloneLeavesAtOnceAndManySoon) {
  serve_with(welcome);
  store_->keep("n", "v", 60);
  run_until([this] { return server_->lines() == 3; });  // the greeting, two of a write
  // Each in a turn of its own; far fewer segments than writes.
  const auto begun = Clock::now();
  std::uint64_t segments = 0;
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t before = row().bytes_out.get();
    store_->keep("n", "v", 60);
    net::Reactor::of(io_).poll();
    io_.restart();
    segments += row().bytes_out.get() != before ? 1 : 0;
  }
  const auto intervals = (Clock::now() - begun) / 10ms;
  EXPECT_LE(segments, 100U / 32U + static_cast<std::uint64_t>(intervals) + 2U);
  run_until([this] { return server_->lines() == 203; });
  EXPECT_EQ(row().dropped.get(), 0U);
}

}  // namespace
}  // namespace reprise::store
