#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "base/unique_fd.hpp"
#include "net/reactor.hpp"
#include "shm/rows.hpp"
#include "store/link.hpp"
#include "store/store.hpp"

namespace reprise::store::testing {

// Answers everybody who comes, one after the other, in a thread: `answer` makes an answer of a
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
  int lines() const { return lines_; }

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
          ++lines_;
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
  std::atomic<int> lines_{0};
  std::thread thread_;
};

// A store and its loop.
class StoreFixture : public ::testing::Test {
protected:
  // Of what is in `reach_`.
  void start(bool cluster) {
    store_ = std::make_unique<Store>(io_, reach_, cluster, rows_.rows(0, Engine::most_servers),
                                     counters_);
    store_->start();
  }

  void run_until(const std::function<bool()>& holds) {
    const auto end = Clock::now() + std::chrono::seconds(10);
    while (!holds() && Clock::now() < end) {
      if (!net::Reactor::of(io_).poll()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
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

  shm::Rows<ServerRow> rows_{"test-servers", Engine::most_servers};
  WorkerRow counters_;
  Reach reach_;
  std::unique_ptr<Store> store_;
  net::asio::io_context io_{net::one_thread};
};

}  // namespace reprise::store::testing
