#include "sessions/external_sessions.hpp"

#include "harness.hpp"
#include "tests/unit/store/harness.hpp"

namespace reprise::sessions::testing {
namespace {

using store::testing::Server;
using std::chrono_literals::operator""ms;

// With a memcached that has nothing.
class ExternalSessionsTest : public store::testing::StoreFixture {
protected:
  ExternalSessionsTest() {
    reach_.places = {{"test", "127.0.0.1", server_.endpoint()}};
    reach_.dialect = store::make_memcached_dialect();
    reach_.ring.emplace(store::ring_of(reach_.places));
    reach_.budget = 1000ms;
    start(/*cluster=*/false);
    sessions_.emplace(*store_, store::Vault("ssl", "p:"), *cache_, Sharing());
    run_until([this] { return rows_.row(0).connected.get() == 1; });
  }

  std::unique_ptr<cache::Cache> make_cache() {
    cache::Settings settings;
    settings.name = "ssl";
    settings.max_items = 10;
    return cache::Cache::create(settings);
  }

  // Whether the store is asked at all.
  bool is_looked_for(const std::string& id) {
    tls::SessionMiss why = tls::SessionMiss::unknown;
    const auto search = sessions_->seek(id, why);
    if (!search) return false;
    bool over = false;
    net::asio::co_spawn(io_, take(*search, id, over), net::asio::detached);
    run_until([&] { return over; });
    return true;
  }
  net::awaitable<void> take(store::Store::Search& search, const std::string& id, bool& over) {
    const store::Store::Search::Outcome outcome = co_await search.ended();
    sessions_->take(id, outcome);
    over = true;
  }

  Server server_{[](const std::string& line) -> std::string {
    if (line == "version") return "VERSION 1\r\n";
    return line.starts_with("get ") ? "END\r\n" : "DELETED\r\n";
  }};
  std::unique_ptr<cache::Cache> cache_ = make_cache();
  std::optional<ExternalSessions> sessions_;
};

TEST_F(ExternalSessionsTest, WhatIsNotThereIsNotAskedForAgainAtOnce) {
  const std::string id(32, 'a');
  EXPECT_TRUE(is_looked_for(id));
  EXPECT_FALSE(is_looked_for(id));
  EXPECT_EQ(counters_.known_absent.get(), 1U);
}

TEST_F(ExternalSessionsTest, NobodyMakesAnothersSessionMissing) {
  // Ids that begin alike are anybody's to make, where they carry no tag.
  std::string id(32, 'a');
  EXPECT_TRUE(is_looked_for(id));
  for (std::size_t i = 8; i < id.size(); ++i) {
    std::string other = id;
    other[i] = 'b';
    EXPECT_TRUE(is_looked_for(other)) << i;
  }
}

TEST_F(ExternalSessionsTest, WhatIsErasedIsDeletedThere) {
  sessions_->forget(std::string(32, 'a'));
  EXPECT_EQ(rows_.row(0).deletes.get(), 1U);
}

}  // namespace
}  // namespace reprise::sessions::testing
