#include "router/http_router.hpp"

#include <sys/resource.h>

#include <future>

#include <boost/asio/post.hpp>
#include <gmock/gmock.h>

#include "harness.hpp"

namespace reprise::router::testing {
namespace {

using ::testing::EndsWith;

// A whole router in a thread of its own.
class HttpRouterTest : public ::testing::Test {
protected:
  HttpRouterTest() { settings_.keepalive = true; }
  ~HttpRouterTest() override {
    if (!thread_.joinable()) return;
    io_.stop();
    net::Reactor::of(io_).interrupt();
    thread_.join();
    router_.reset();
  }

  void listen(const std::string& address) {
    listeners_.push_back(net::Listener::bind(address, {}));
  }
  void start(const Backend& backend) {
    resolved_ = resolve({{backend.address(), ""}});
    std::vector<Frontend> frontends;
    for (const net::Listener& listener : listeners_)
      frontends.push_back({&listener, nullptr});
    const Environment environment{settings_,     counters_, tls_counters_,
                                  "router.test", resolved_, fallbacks_};
    router_.emplace(io_, environment, frontends);
    router_->start();
    thread_ = std::thread([this] { net::Reactor::of(io_).run(); });
  }
  // Tells it to; what comes is ready when it has.
  std::future<void> drain() {
    auto drained = std::make_shared<std::promise<void>>();
    net::asio::post(io_, [this, drained] {
      router_->drain(Drain::to_hand_over, [drained] { drained->set_value(); });
    });
    net::Reactor::of(io_).interrupt();
    return drained->get_future();
  }
  static bool comes(const std::future<void>& what) {
    return what.wait_for(std::chrono::seconds(10)) == std::future_status::ready;
  }
  // A client that was accepted.
  Peer connect(std::size_t listener = 0) {
    const std::uint64_t before = counters_.accepted.get();
    Peer client(listeners_[listener].bound_name());
    EXPECT_TRUE(eventually([&] { return counters_.accepted.get() > before; }));
    return client;
  }

  Settings settings_;
  Counters counters_;
  tls::Counters tls_counters_;
  std::vector<net::Listener> listeners_;
  std::vector<BackendAddress> resolved_;
  std::vector<BackendAddress> fallbacks_;
  net::asio::io_context io_{1};
  std::optional<HttpRouter> router_;
  std::thread thread_;
};

TEST_F(HttpRouterTest, ServesFromAllItsListeners) {
  Backend backend([](const Backend::Request& request, Peer& peer) {
    peer.send(ok(request["SERVER_PORT"] + " " + request["REMOTE_ADDR"]));
  });
  const std::string name = "@reprise-router-" + std::to_string(::getpid());
  listen("127.0.0.1:0");
  listen(name);
  start(backend);
  const std::string bound = listeners_[0].bound_name();
  Peer tcp = connect(0);
  tcp.send(get("/"));
  EXPECT_EQ(body_of(tcp.receive_answer()), bound.substr(bound.find(':') + 1) + " 127.0.0.1");
  Peer local = connect(1);
  local.send(get("/"));
  EXPECT_EQ(body_of(local.receive_answer()), " 0.0.0.0");
  EXPECT_EQ(counters_.active_sessions.get(), 2U);
  tcp.close();
  local.close();
  EXPECT_TRUE(eventually([this] { return counters_.active_sessions.get() == 0; }));
  EXPECT_EQ(counters_.accepted.get(), 2U);
}

TEST_F(HttpRouterTest, DrainsAtOnceIfThereIsNobody) {
  Backend backend(answers(ok("x")));
  listen("127.0.0.1:0");
  start(backend);
  EXPECT_TRUE(comes(drain()));
}

TEST_F(HttpRouterTest, DrainingEndsIdleConnections) {
  Backend backend(answers(ok("x")));
  listen("127.0.0.1:0");
  start(backend);
  Peer client = connect();
  client.send(get("/"));
  EXPECT_EQ(client.receive_answer(), ok("x"));
  const auto drained = drain();
  EXPECT_TRUE(client.at_end());
  EXPECT_TRUE(comes(drained));
  EXPECT_EQ(counters_.active_sessions.get(), 0U);
}

TEST_F(HttpRouterTest, DrainingWaitsForExchanges) {
  std::promise<void> may_answer;
  auto allowed = may_answer.get_future().share();
  Backend backend([allowed](const Backend::Request&, Peer& peer) {
    allowed.wait();
    peer.send(ok("late"));
  });
  listen("127.0.0.1:0");
  start(backend);
  Peer client = connect();
  client.send(get("/"));
  ASSERT_TRUE(eventually([&] { return backend.request_count() == 1; }));
  const auto drained = drain();
  EXPECT_NE(drained.wait_for(std::chrono::milliseconds(50)), std::future_status::ready);
  may_answer.set_value();
  EXPECT_THAT(client.receive_all(), EndsWith("late"));
  EXPECT_TRUE(comes(drained));
}

TEST_F(HttpRouterTest, NobodyIsAcceptedWhileDraining) {
  Backend backend(answers(ok("x")));
  listen("127.0.0.1:0");
  start(backend);
  EXPECT_TRUE(comes(drain()));
  Peer client(listeners_[0].bound_name());
  ASSERT_TRUE(client.connected()) << "the listener is others' too";
  EXPECT_EQ(counters_.accepted.get(), 0U);
}

TEST_F(HttpRouterTest, OutOfDescriptorsItTriesAgainLater) {
  Backend backend(answers(ok("x")));
  listen("127.0.0.1:0");
  start(backend);
  Peer first = connect();  // whatever opens descriptors once has opened them
  first.send(get("/"));
  EXPECT_EQ(first.receive_answer(), ok("x"));
  const net::Endpoint endpoint = net::resolve(listeners_[0].bound_name(), net::Role::connect);
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  rlimit saved{};
  ::getrlimit(RLIMIT_NOFILE, &saved);
  rlimit none = saved;
  none.rlim_cur = 0;
  ::setrlimit(RLIMIT_NOFILE, &none);
  const int connected = ::connect(fd.get(), endpoint.data(), endpoint.size());
  const bool failed = eventually([this] { return counters_.accept_failed.get() > 0; });
  ::setrlimit(RLIMIT_NOFILE, &saved);
  EXPECT_EQ(connected, 0);
  EXPECT_TRUE(failed);
  Peer client(std::move(fd));
  client.send(get("/"));
  EXPECT_EQ(client.receive_answer(), ok("x"));
}

TEST_F(HttpRouterTest, ARouterThatIsGoneLeavesNothing) {
  Backend backend(answers(ok("x")));
  listen("127.0.0.1:0");
  start(backend);
  Peer client = connect();
  net::asio::post(io_, [this] {
    router_.reset();
    io_.stop();
  });
  net::Reactor::of(io_).interrupt();
  thread_.join();
}

}  // namespace
}  // namespace reprise::router::testing
