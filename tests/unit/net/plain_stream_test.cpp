#include "net/plain_stream.hpp"

#include <gtest/gtest.h>

#include "harness.hpp"

namespace reprise::net::testing {
namespace {

class PlainStreamTest : public ::testing::Test {
protected:
  PlainStreamTest() {
    auto [ours, theirs] = socket_pair();
    socket_.emplace(io_, std::move(ours));
    stream_.emplace(*socket_);
    peer_ = std::move(theirs);
  }

  void peer_sends(std::string_view bytes) {
    EXPECT_EQ(send(peer_.get(), bytes).bytes, bytes.size());
  }
  Step read() { return stream_->read(buffer_); }

  asio::io_context io_;
  std::optional<Socket> socket_;
  std::optional<PlainStream> stream_;
  UniqueFd peer_;
  char buffer_[16] = {};
};

TEST_F(PlainStreamTest, ReadsWhatIsThere) {
  EXPECT_EQ(read().want, Want::input);
  peer_sends("hello");
  const Step step = read();
  EXPECT_EQ(step.want, Want::nothing);
  EXPECT_FALSE(step.error);
  EXPECT_EQ(Bytes(buffer_, step.bytes), "hello");
  EXPECT_FALSE(stream_->pending());
}

TEST_F(PlainStreamTest, AnOrderlyEndIsNoBytes) {
  peer_sends("x");
  peer_.reset();
  EXPECT_EQ(read().bytes, 1U);
  const Step end = read();
  EXPECT_EQ(end.want, Want::nothing);
  EXPECT_FALSE(end.error);
  EXPECT_EQ(end.bytes, 0U);
}

TEST_F(PlainStreamTest, WritesWhatFits) {
  const std::string much(1 << 20, 'x');
  std::size_t taken = 0;
  Step step;
  for (step = stream_->write(much); step.want == Want::nothing; step = stream_->write(much)) {
    ASSERT_FALSE(step.error);
    taken += step.bytes;
  }
  EXPECT_EQ(step.want, Want::output);
  EXPECT_EQ(step.bytes, 0U);
  EXPECT_EQ(drain(peer_.get()).size(), taken);
}

TEST_F(PlainStreamTest, WritingToNobodyIsAnErrorAndNoSignal) {
  peer_.reset();
  EXPECT_EQ(stream_->write("x").error, system_error_code(EPIPE));
}

TEST_F(PlainStreamTest, ShuttingDownLeavesTheOtherDirection) {
  EXPECT_FALSE(stream_->shut_down().error);
  char byte = 0;
  EXPECT_EQ(::recv(peer_.get(), &byte, 1, 0), 0);
  peer_sends("x");
  EXPECT_EQ(read().bytes, 1U);
}

TEST_F(PlainStreamTest, TwoPiecesLeaveInTheirOrder) {
  EXPECT_EQ(send(socket_->fd(), "head ", "body").bytes, 9U);
  EXPECT_EQ(send(socket_->fd(), " more", "").bytes, 5U);
  EXPECT_EQ(send(socket_->fd(), "", "!").bytes, 1U);
  EXPECT_EQ(drain(peer_.get()), "head body more!");
  peer_.reset();
  EXPECT_EQ(send(socket_->fd(), "a", "b").error, system_error_code(EPIPE));
}

}  // namespace
}  // namespace reprise::net::testing
