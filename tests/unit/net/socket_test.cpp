#include "net/socket.hpp"

#include <unistd.h>

#include <boost/asio/error.hpp>
#include <gtest/gtest.h>

#include "harness.hpp"

namespace reprise::net::testing {
namespace {

class SocketTest : public ::testing::Test {
protected:
  SocketTest() {
    auto [ours, theirs] = socket_pair();
    socket_.emplace(io_, std::move(ours));
    peer_ = std::move(theirs);
  }

  Started<error_code> wait(Want want) { return Started<error_code>(io_, socket_->ready(want)); }
  void peer_sends(std::string_view bytes) {
    ASSERT_EQ(::write(peer_.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  void fill() {
    const std::string much(1 << 16, 'x');
    while (::send(socket_->fd(), much.data(), much.size(), MSG_NOSIGNAL) > 0) {
    }
  }

  asio::io_context io_;
  std::optional<Socket> socket_;
  UniqueFd peer_;
};

TEST_F(SocketTest, WaitsForInput) {
  auto waiting = wait(Want::input);
  EXPECT_FALSE(waiting.result());
  peer_sends("x");
  ASSERT_TRUE(waiting.result());
  EXPECT_FALSE(*waiting.result());
  EXPECT_EQ(drain(socket_->fd()), "x");
}

TEST_F(SocketTest, WhatIsThereAlreadyIsInput) {
  peer_sends("x");
  for (int turn = 0; turn < 2; ++turn) {
    auto waiting = wait(Want::input);
    EXPECT_TRUE(waiting.result()) << "not taken yet";
  }
}

TEST_F(SocketTest, AnEndIsInput) {
  auto waiting = wait(Want::input);
  peer_.reset();
  EXPECT_TRUE(waiting.result());
}

TEST_F(SocketTest, WaitsForRoom) {
  auto at_once = wait(Want::output);
  EXPECT_TRUE(at_once.result());
  fill();
  auto waiting = wait(Want::output);
  EXPECT_FALSE(waiting.result());
  drain(peer_.get());
  EXPECT_TRUE(waiting.result());
}

TEST_F(SocketTest, WaitsForBothAtATime) {
  fill();
  auto input = wait(Want::input);
  auto output = wait(Want::output);
  peer_sends("x");
  EXPECT_TRUE(input.result());
  EXPECT_FALSE(output.result());
  drain(peer_.get());
  EXPECT_TRUE(output.result());
}

TEST_F(SocketTest, CancellingWakesAndStays) {
  fill();
  auto input = wait(Want::input);
  auto output = wait(Want::output);
  socket_->cancel();
  ASSERT_TRUE(input.result() && output.result());
  EXPECT_EQ(*input.result(), boost::asio::error::operation_aborted);
  EXPECT_EQ(*output.result(), boost::asio::error::operation_aborted);
  peer_sends("x");
  auto later = wait(Want::input);
  ASSERT_TRUE(later.result());
  EXPECT_EQ(*later.result(), boost::asio::error::operation_aborted);
  EXPECT_EQ(drain(socket_->fd()), "x") << "it is not closed";
}

TEST_F(SocketTest, ClosingWakesAndEnds) {
  auto waiting = wait(Want::input);
  socket_->close();
  ASSERT_TRUE(waiting.result());
  EXPECT_TRUE(*waiting.result());
  char byte = 0;
  EXPECT_EQ(::read(peer_.get(), &byte, 1), 0);
  socket_->close();
  socket_->cancel();
}

TEST_F(SocketTest, CountsTheNewsOfInput) {
  EXPECT_EQ(socket_->input_events(), 0U);
  EXPECT_TRUE(wait(Want::output).result());
  EXPECT_EQ(socket_->input_events(), 0U);
  peer_sends("x");
  EXPECT_TRUE(wait(Want::input).result());
  EXPECT_EQ(socket_->input_events(), 1U);
  socket_->cancel();
  EXPECT_TRUE(wait(Want::input).result());
  EXPECT_EQ(socket_->input_events(), 1U);
}

TEST_F(SocketTest, MovesWithWhatItKnows) {
  const int fd = socket_->fd();
  socket_->cancel();
  Socket moved = std::move(*socket_);
  EXPECT_EQ(moved.fd(), fd);
  Started<error_code> waiting(io_, moved.ready(Want::output));
  ASSERT_TRUE(waiting.result());
  EXPECT_EQ(*waiting.result(), boost::asio::error::operation_aborted);
}

TEST(Socket, ANewOneNeitherBlocksNorPassesAnExec) {
  asio::io_context io;
  for (const int family : {AF_INET, AF_INET6, AF_UNIX}) {
    const auto socket = Socket::open(io, family);
    if (family == AF_INET6 && !socket) continue;  // a system without it
    ASSERT_TRUE(socket) << family;
    EXPECT_NE(::fcntl(socket->fd(), F_GETFL) & O_NONBLOCK, 0);
    EXPECT_NE(::fcntl(socket->fd(), F_GETFD) & FD_CLOEXEC, 0);
  }
}

TEST(Socket, AFamilyThatThereIsNotIsAnError) {
  asio::io_context io;
  EXPECT_TRUE(Socket::open(io, 99).has_error());
}

TEST(Socket, WhatIsNoDescriptorCannotBeWaitedFor) {
  asio::io_context io;
  Socket socket(io, UniqueFd());
  Started<error_code> waiting(io, socket.ready(Want::input));
  ASSERT_TRUE(waiting.result());
  EXPECT_EQ(*waiting.result(), boost::system::errc::bad_file_descriptor);
}

}  // namespace
}  // namespace reprise::net::testing
