#include "sync/copy_stream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dump_harness.hpp"

namespace reprise::sync::testing {
namespace {

using Status = ItemReader::Status;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

std::string packet(const Change& change) {
  std::string bytes;
  EXPECT_TRUE(encode(change, bytes));
  return bytes;
}

class CopyStreamTest : public ::testing::Test {
protected:
  Status read(const std::string& bytes, std::size_t piece = 65536) {
    basket_ = {};
    CopyReader reader(basket_);
    return read_all(reader, bytes, piece);
  }
  const std::string two_ =
      packet({Operation::set, "a", "1", 99}) + packet({Operation::set, "b", "2", 0});
  Basket basket_;
};

TEST_F(CopyStreamTest, WhatIsWrittenIsReadInPiecesOfAnySize) {
  for (const std::size_t piece : {1u, 5u, 65536u}) {
    EXPECT_EQ(read(copy_head(77) + two_ + copy_end(), piece), Status::complete);
    EXPECT_THAT(basket_.values(), ElementsAre(Pair("a", "1"), Pair("b", "2")));
    EXPECT_EQ(basket_.items["a"].expires, 99u);
    EXPECT_EQ(basket_.items["a"].copied_at, 77u);
  }
}

TEST_F(CopyStreamTest, WithoutItsEndItIsBroken) {
  EXPECT_EQ(read(copy_head(77) + two_), Status::broken);
  EXPECT_EQ(basket_.items.size(), 2u);
}

TEST_F(CopyStreamTest, WhatIsNoSetIsRefusedAndPassedOver) {
  const std::string erase = packet({Operation::erase, "a", "", 0});
  const std::string lame = std::string("\x6f\x02\x00\x0a\xff\xff", 6);
  EXPECT_EQ(read(copy_head(77) + erase + lame + two_ + copy_end()), Status::complete);
  EXPECT_THAT(basket_.reasons,
              ElementsAre(Pair(Rejection::wrong_size, 1), Pair(Rejection::unknown_operation, 1)));
  EXPECT_EQ(basket_.items.size(), 2u);
}

TEST_F(CopyStreamTest, AnythingElseIsBrokenAtOnce) {
  const std::string no_time = std::string("\x6f\x00\x00\x71", 4);
  for (const std::string& bytes :
       {std::string("HTTP/1.0 200 OK\r\n\r\n") + std::string(70000, 'x'), no_time + two_, two_,
        copy_head(77) + "\x70" + two_ + copy_end()}) {
    EXPECT_EQ(read(bytes), Status::broken);
    EXPECT_THAT(basket_.items, IsEmpty());
  }
}

}  // namespace
}  // namespace reprise::sync::testing
