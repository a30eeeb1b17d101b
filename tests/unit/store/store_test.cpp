// A store over real sockets: a server that is a script of answers.
#include "store/store.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <thread>

#include <gtest/gtest.h>

#include "base/unique_fd.hpp"
#include "net/reactor.hpp"
#include "shm/rows.hpp"
#include "store/link.hpp"

namespace reprise::store {
namespace {

using namespace std::chrono_literals;

// Speaks memcached's protocol to everybody who comes, in a thread: `answer` makes an answer of a
// line, nothing for silence.
class Server {
public:
  using Answer = std::function<std::string(const std::string& line)>;

  explicit Server(Answer answer) : answer_(std::move(answer)) {
    listener_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&any), sizeof any), 0);
    EXPECT_EQ(::listen(listener_.get(), 8), 0);
    thread_ = std::thread([this] { serve(); });
  }
  ~Server() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    ::shutdown(connection_, SHUT_RDWR);
    thread_.join();
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  net::Endpoint endpoint() const { return net::Endpoint::local(listener_.get()); }

private:
  void serve() {
    for (;;) {
      const UniqueFd connection(::accept(listener_.get(), nullptr, nullptr));
      if (!connection) return;
      connection_ = connection.get();
      std::string got;
      char buffer[4096];
      for (ssize_t n = 0; (n = ::read(connection.get(), buffer, sizeof buffer)) > 0;) {
        got.append(buffer, static_cast<std::size_t>(n));
        for (std::size_t end = 0; (end = got.find("\r\n")) != std::string::npos;) {
          const std::string answer = answer_(got.substr(0, end));
          got.erase(0, end + 2);
          if (!answer.empty() &&
              ::send(connection.get(), answer.data(), answer.size(), MSG_NOSIGNAL) < 0)
            break;
        }
      }
      connection_ = -1;
    }
  }

  Answer answer_;
  UniqueFd listener_;
  std::atomic<int> connection_{-1};
  std::thread thread_;
};

std::string welcome(const std::string& line) {
  return line == "version" ? "VERSION 1\r\n" : "";
}

class StoreTest : public ::testing::Test {
protected:
  void serve_with(Server::Answer answer, std::chrono::milliseconds budget = 100ms) {
    server_ = std::make_unique<Server>(std::move(answer));
    reach_.places = {{"test", "127.0.0.1", server_->endpoint()}};
    reach_.dialect = make_memcached_dialect();
    reach_.budget = budget;
    store_ = std::make_unique<Store>(io_, reach_, /*cluster=*/false,
                                     rows_.rows(0, Engine::most_servers), counters_);
    store_->start();
    run_until([this] { return row().connected.get() == 1; });
  }

  void run_until(const std::function<bool()>& holds) {
    const auto end = Clock::now() + 10s;
    while (!holds() && Clock::now() < end) {
      if (!net::Reactor::of(io_).poll()) std::this_thread::sleep_for(1ms);
      io_.restart();
    }
    ASSERT_TRUE(holds());
  }

  // What one look-up came to: the value, "nothing", "too late" or "refused".
  std::string look_up(const std::string& name) {
    auto why = Store::Refusal::none;
    auto search = store_->seek({name}, why);
    if (!search) return "refused";
    std::string outcome;
    net::asio::co_spawn(io_, await(*search, outcome), net::asio::detached);
    run_until([&] { return !outcome.empty(); });
    return outcome;
  }

  static net::awaitable<void> await(Store::Search& search, std::string& into) {
    const Store::Search::Outcome outcome = co_await search.ended();
    if (!outcome.values.empty()) {
      into = outcome.values.front();
    } else {
      into = outcome.timed_out ? "too late" : "nothing";
    }
  }

  ServerRow& row() { return rows_.row(0); }

  shm::Rows<ServerRow> rows_{"test-servers", Engine::most_servers};
  WorkerRow counters_;
  Reach reach_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<Store> store_;
  net::asio::io_context io_{net::one_thread};
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

}  // namespace
}  // namespace reprise::store
