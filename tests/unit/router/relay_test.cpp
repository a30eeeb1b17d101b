#include "router/relay.hpp"

#include <netinet/in.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <future>
#include <optional>
#include <string>
#include <thread>

#include <gtest/gtest.h>

namespace reprise::router {
namespace {

using namespace std::chrono_literals;

// A connection over loopback: what closes, resets and fills up as one does.
struct Connection {
  UniqueFd ours;    // blocking, for ten seconds at most
  UniqueFd theirs;  // the relay's
};

Connection make_connection() {
  const UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const name = reinterpret_cast<sockaddr*>(&address);
  EXPECT_EQ(::bind(listener.get(), name, size), 0);
  EXPECT_EQ(::listen(listener.get(), 1), 0);
  EXPECT_EQ(::getsockname(listener.get(), name, &size), 0);
  Connection made;
  made.ours.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(::connect(made.ours.get(), name, size), 0);
  made.theirs.reset(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  const timeval patience{10, 0};
  ::setsockopt(made.ours.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(made.ours.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  return made;
}

// One end of a relayed connection, as the test holds it.
class Peer {
public:
  explicit Peer(UniqueFd fd) : fd_(std::move(fd)) {}

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  // What is taken until nothing more is for a while.
  std::size_t send_until_full(std::string_view piece) {
    const timeval short_time{0, 300'000};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &short_time, sizeof short_time);
    std::size_t sent = 0;
    for (;;) {
      const ssize_t n = ::send(fd_.get(), piece.data(), piece.size(), MSG_NOSIGNAL);
      if (n <= 0) return sent;
      sent += static_cast<std::size_t>(n);
    }
  }
  std::string receive(std::size_t bytes) {
    std::string received(bytes, '\0');
    std::size_t have = 0;
    while (have < bytes) {
      const ssize_t n = ::recv(fd_.get(), received.data() + have, bytes - have, 0);
      if (n <= 0) break;
      have += static_cast<std::size_t>(n);
    }
    received.resize(have);
    return received;
  }
  std::string receive_all() {
    std::string received;
    for (;;) {
      const std::string piece = receive(65536);
      received += piece;
      if (piece.size() < 65536) return received;
    }
  }
  // An orderly end, and not a byte before it.
  bool at_end() {
    char byte = 0;
    return ::recv(fd_.get(), &byte, 1, 0) == 0;
  }
  void shut_down() { ::shutdown(fd_.get(), SHUT_WR); }
  void close() { fd_.reset(); }
  void reset() {
    const ::linger now{1, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    fd_.reset();
  }

private:
  UniqueFd fd_;
};

class RelayTest : public ::testing::Test {
protected:
  RelayTest() { ::signal(SIGPIPE, SIG_IGN); }
  ~RelayTest() override {
    if (thread_.joinable()) thread_.join();
  }

  void start() {
    auto front = make_connection();
    auto back = make_connection();
    client.emplace(std::move(front.ours));
    node.emplace(std::move(back.ours));
    client_socket_.emplace(io_, std::move(front.theirs));
    node_socket_.emplace(io_, std::move(back.theirs));
    net::asio::co_spawn(io_, relay(), net::asio::detached);
    thread_ = std::thread([this] { net::Reactor::of(io_).run(); });
  }
  // How it ended.
  Relay::End end() {
    auto future = end_.get_future();
    if (future.wait_for(10s) != std::future_status::ready) {
      ADD_FAILURE() << "the relay did not end";
      io_.stop();
      net::Reactor::of(io_).interrupt();
      return {};
    }
    return future.get();
  }
  static std::string pattern(std::size_t bytes) {
    std::string text(bytes, '\0');
    for (std::size_t i = 0; i < bytes; ++i)
      text[i] = static_cast<char>(i * 7 + i / 251);
    return text;
  }

  std::chrono::milliseconds idle_ = 10s;
  std::optional<Peer> client;
  std::optional<Peer> node;
  shm::Counter bytes_in_;
  shm::Counter bytes_out_;

private:
  net::awaitable<void> relay() {
    RelayTools tools{io_, idle_, {}, {}};
    net::Deadlines deadlines(io_, 20ms);
    net::Deadline deadline(deadlines, [this] {
      client_socket_->cancel();
      node_socket_->cancel();
    });
    Relay relay(tools, *client_socket_, *node_socket_, deadline, bytes_in_, bytes_out_);
    const Relay::End end = co_await relay.run();
    EXPECT_EQ(tools.buffers.borrowed(), 0u);
    client_socket_.reset();
    node_socket_.reset();
    end_.set_value(end);
    io_.stop();
  }

  net::asio::io_context io_{1};
  std::optional<net::Socket> client_socket_;
  std::optional<net::Socket> node_socket_;
  std::promise<Relay::End> end_;
  std::thread thread_;
};

TEST_F(RelayTest, PassesBytesBothWays) {
  start();
  EXPECT_TRUE(client->send("question"));
  EXPECT_EQ(node->receive(8), "question");
  EXPECT_TRUE(node->send("answer"));
  EXPECT_EQ(client->receive(6), "answer");
  client->close();
  EXPECT_TRUE(node->at_end());
  node->close();
  EXPECT_EQ(end(), Relay::End::orderly);
  EXPECT_EQ(bytes_in_.get(), 8u);
  EXPECT_EQ(bytes_out_.get(), 6u);
}

TEST_F(RelayTest, AClientThatEndedStillGetsItsAnswer) {
  start();
  client->send("all I have");
  client->shut_down();
  EXPECT_EQ(node->receive_all(), "all I have");
  node->send("and the answer to it");
  node->close();
  EXPECT_EQ(client->receive_all(), "and the answer to it");
  EXPECT_EQ(end(), Relay::End::orderly);
}

TEST_F(RelayTest, ANodeThatEndedStillGetsBytes) {
  start();
  node->send("goodbye");
  node->shut_down();
  EXPECT_EQ(client->receive_all(), "goodbye");
  client->send("but listen");
  client->close();
  EXPECT_EQ(node->receive_all(), "but listen");
  EXPECT_EQ(end(), Relay::End::orderly);
}

TEST_F(RelayTest, LongStreamsBothWaysAtOnceAreIntact) {
  start();
  const std::string bytes = pattern(20'000'000);
  const auto sender = [&](Peer& peer) {
    peer.send(bytes);
    peer.shut_down();
  };
  std::thread up(sender, std::ref(*client));
  std::thread down(sender, std::ref(*node));
  auto answered = std::async(std::launch::async, [this] { return client->receive_all(); });
  const std::string asked = node->receive_all();
  EXPECT_TRUE(asked == bytes);
  EXPECT_TRUE(answered.get() == bytes);
  up.join();
  down.join();
  client->close();
  node->close();
  EXPECT_EQ(end(), Relay::End::orderly);
  EXPECT_EQ(bytes_in_.get(), bytes.size());
  EXPECT_EQ(bytes_out_.get(), bytes.size());
}

TEST_F(RelayTest, ShortPiecesAmongLongOnesAreIntact) {
  start();
  std::string all;
  std::thread sender([&] {
    for (int i = 0; i < 60; ++i) {
      const std::string piece = pattern(i % 3 == 0 ? 7 : 200'000);
      all += piece;
      client->send(piece);
      if (i % 3 == 0) std::this_thread::sleep_for(1ms);
    }
    client->shut_down();
  });
  const std::string received = node->receive_all();
  sender.join();
  EXPECT_TRUE(received == all);
  node->close();
  EXPECT_EQ(end(), Relay::End::orderly);
}

TEST_F(RelayTest, ASlowReaderSlowsTheWriterDownAndNotTheOtherWay) {
  start();
  const std::string piece = pattern(100'000);
  const std::size_t sent = client->send_until_full(piece);
  // What the four sockets' queues take; the relay itself holds one piece.
  EXPECT_LT(sent, 40'000'000u);
  EXPECT_TRUE(node->send("the other way is open"));
  EXPECT_EQ(client->receive(21), "the other way is open");
  client->shut_down();
  EXPECT_EQ(node->receive_all().size(), sent);
  node->close();
  EXPECT_EQ(end(), Relay::End::orderly);
}

TEST_F(RelayTest, WhatCameBeforeAResetIsDelivered) {
  start();
  node->send("abc");
  EXPECT_EQ(client->receive(3), "abc");
  node->reset();
  EXPECT_TRUE(client->at_end());
  EXPECT_EQ(end(), Relay::End::node_failed);
}

TEST_F(RelayTest, AClientsResetEndsTheNodesConnection) {
  start();
  client->send("q");
  EXPECT_EQ(node->receive(1), "q");
  client->reset();
  EXPECT_TRUE(node->at_end());
  EXPECT_EQ(end(), Relay::End::client_failed);
}

TEST_F(RelayTest, ANodeThatRefusesTheRestHasItsAnswerDelivered) {
  start();
  client->send("begin");
  EXPECT_EQ(node->receive(5), "begin");
  node->send("no thanks");
  EXPECT_EQ(client->receive(9), "no thanks");
  node->close();
  EXPECT_TRUE(client->at_end());
  client->send_until_full(pattern(1'000'000));  // into a connection that is no more
  EXPECT_EQ(end(), Relay::End::node_failed);
}

TEST_F(RelayTest, EndsWhenNothingMovesForTooLong) {
  idle_ = 100ms;
  start();
  EXPECT_TRUE(client->at_end());
  EXPECT_TRUE(node->at_end());
  EXPECT_EQ(end(), Relay::End::timed_out);
}

TEST_F(RelayTest, OneDirectionKeepsBothAlive) {
  idle_ = 300ms;
  start();
  for (int i = 0; i < 8; ++i) {
    ASSERT_TRUE(client->send("x"));
    ASSERT_EQ(node->receive(1), "x");
    std::this_thread::sleep_for(100ms);
  }
  EXPECT_TRUE(node->send("y"));
  EXPECT_EQ(client->receive(1), "y");
  client->close();
  node->close();
  EXPECT_EQ(end(), Relay::End::orderly);
}

TEST_F(RelayTest, AReaderThatTakesNothingIsTimedOut) {
  idle_ = 500ms;
  start();
  client->send_until_full(pattern(100'000));
  EXPECT_EQ(end(), Relay::End::timed_out);
}

// Copies what it cannot splice.
TEST_F(RelayTest, WithoutDescriptorsForPipesStreamsAreIntact) {
  start();
  rlimit saved{};
  ::getrlimit(RLIMIT_NOFILE, &saved);
  rlimit none = saved;
  none.rlim_cur = 0;
  ::setrlimit(RLIMIT_NOFILE, &none);
  const std::string bytes = pattern(5'000'000);
  std::thread sender([&] {
    client->send(bytes);
    client->shut_down();
  });
  const bool intact = node->receive_all() == bytes;
  sender.join();
  ::setrlimit(RLIMIT_NOFILE, &saved);
  EXPECT_TRUE(intact);
  node->close();
  EXPECT_EQ(end(), Relay::End::orderly);
}

}  // namespace
}  // namespace reprise::router
