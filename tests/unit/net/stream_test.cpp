#include "net/stream.hpp"

#include <boost/asio/error.hpp>
#include <gtest/gtest.h>

#include "harness.hpp"
#include "net/plain_stream.hpp"

namespace reprise::net::testing {
namespace {

class StreamTest : public ::testing::Test {
protected:
  StreamTest() {
    auto [ours, theirs] = socket_pair();
    socket_.emplace(io_, std::move(ours));
    stream_.emplace(*socket_);
    peer_ = std::move(theirs);
  }

  asio::io_context io_;
  std::optional<Socket> socket_;
  std::optional<PlainStream> stream_;
  UniqueFd peer_;
  char buffer_[16] = {};
};

TEST_F(StreamTest, ReadingWaitsUntilSomethingIsThere) {
  Started<Result<std::size_t>> reading(io_, read_some(*stream_, buffer_));
  EXPECT_FALSE(reading.result());
  ASSERT_EQ(send(peer_.get(), "hello").bytes, 5U);
  ASSERT_TRUE(reading.result());
  EXPECT_EQ(reading.result()->value(), 5U);
  EXPECT_EQ(Bytes(buffer_, 5), "hello");
}

TEST_F(StreamTest, ReadingEndsWithTheOtherSide) {
  Started<Result<std::size_t>> reading(io_, read_some(*stream_, buffer_));
  peer_.reset();
  ASSERT_TRUE(reading.result());
  EXPECT_EQ(reading.result()->value(), 0U);
}

TEST_F(StreamTest, ReadingCanBeCancelled) {
  Started<Result<std::size_t>> reading(io_, read_some(*stream_, buffer_));
  socket_->cancel();
  ASSERT_TRUE(reading.result());
  EXPECT_EQ(reading.result()->error(), boost::asio::error::operation_aborted);
}

TEST_F(StreamTest, WritingWaitsForRoomUntilAllIsTaken) {
  std::string much;
  for (int i = 0; i < 200000; ++i)
    much += std::to_string(i) + ' ';
  Started<error_code> writing(io_, write_all(*stream_, much));
  EXPECT_FALSE(writing.result());
  std::string received;
  while (!writing.result())
    received += drain(peer_.get());
  received += drain(peer_.get());
  EXPECT_FALSE(*writing.result());
  EXPECT_TRUE(received == much);
}

TEST_F(StreamTest, WritingFailsWithTheOtherSide) {
  Started<error_code> writing(io_, write_all(*stream_, std::string(1 << 22, 'x')));
  peer_.reset();
  ASSERT_TRUE(writing.result());
  EXPECT_TRUE(*writing.result());
}

TEST_F(StreamTest, NothingIsWrittenAtOnce) {
  Started<error_code> writing(io_, write_all(*stream_, ""));
  ASSERT_TRUE(writing.result());
  EXPECT_FALSE(*writing.result());
}

}  // namespace
}  // namespace reprise::net::testing
