#include "protocol/chunked.hpp"

#include <string>

#include <gtest/gtest.h>

namespace reprise::protocol {
namespace {

// Feeds `text` in pieces of `step` bytes; how many bytes were taken in all.
std::size_t feed(ChunkedFollower& follower, const std::string& text, std::size_t step) {
  std::size_t taken = 0;
  while (taken < text.size() && !follower.done() && !follower.malformed()) {
    const std::size_t now = follower.take(Bytes(text).substr(taken, step));
    taken += now;
    if (now == 0) break;
  }
  return taken;
}

void expect_ends(const std::string& body) {
  for (const std::size_t step : {std::size_t{1}, std::size_t{3}, std::size_t{4096}}) {
    ChunkedFollower follower;
    EXPECT_EQ(feed(follower, body + "HTTP/1.1", step), body.size()) << body;
    EXPECT_TRUE(follower.done()) << body;
  }
}

void expect_malformed(const std::string& body) {
  for (const std::size_t step : {std::size_t{1}, std::size_t{4096}}) {
    ChunkedFollower follower;
    feed(follower, body, step);
    EXPECT_TRUE(follower.malformed()) << body;
  }
}

TEST(ChunkedFollower, FindsTheEnd) {
  expect_ends("0\r\n\r\n");
  expect_ends("5\r\nhello\r\n0\r\n\r\n");
  expect_ends("a;x=\"y\"\r\n0123456789\r\n1\r\n\r\r\n000\r\n\r\n");
  expect_ends("1\r\nx\r\n0\r\nTrailer: 1\r\nOther: 2\r\n\r\n");
  expect_ends("00000000000000A\r\n0\r\n\r\n45678\r\n0\r\n\r\n");
}

TEST(ChunkedFollower, IsStrict) {
  for (const std::string body :
       {"\r\n", "g\r\n", "-1\r\n", "+1\r\n", " 1\r\n", "1\nx", "1\rx", "1\r\nxx", "1\r\nx\n",
        "0\r\n\n", "0\r\nA: b\n", "0x1\r\n", "12345678901234567\r\n"}) {
    expect_malformed(body);
  }
}

TEST(ChunkedFollower, BoundsExtensionsAndTrailers) {
  expect_malformed("1;" + std::string(20000, 'x'));
  expect_malformed("0\r\n" + std::string(20000, 'x'));
}

TEST(ChunkedFollower, BoundsAllTheFramingByTheData) {
  const std::string padded = "1;" + std::string(10'000, 'x') + "\r\nx\r\n";
  std::string body;
  for (int i = 0; i < 7; ++i)
    body += padded;
  expect_malformed(body);
  std::string small;  // chunks of one byte each are in order
  for (int i = 0; i < 100'000; ++i)
    small += "1\r\nx\r\n";
  expect_ends(small + "0\r\n\r\n");
}

TEST(ChunkedFollower, CountsTheData) {
  ChunkedFollower follower;
  EXPECT_EQ(follower.take("5;a=b\r\nhello\r\n3\r\nab"), 19U);
  EXPECT_EQ(follower.data(), 7U);
}

TEST(ChunkedFollower, HugeChunksAreCounted) {
  ChunkedFollower follower;
  EXPECT_EQ(follower.take("ffffffffffffffff\r\nabc"), 21U);
  EXPECT_FALSE(follower.done() || follower.malformed());
}

// What is in the chunks, fed in pieces of `step` bytes; nothing if the body is malformed.
std::string decoded(const std::string& text, std::size_t step) {
  ChunkedFollower follower(ChunkedFollower::Blanks::refused);
  std::string data;
  for (std::size_t at = 0; at < text.size() && !follower.done();) {
    std::string piece = text.substr(at, step);
    const auto got = follower.decode({piece.data(), piece.size()});
    if (follower.malformed()) return {};
    data.append(piece, 0, got.data);
    at += got.taken;
  }
  EXPECT_TRUE(follower.done());
  return data;
}

TEST(ChunkedFollower, TakesTheFramingOff) {
  const std::string text =
      "5;a=b\r\nhello\r\n1\r\n,\r\nA\r\n 123456789\r\n0\r\nX-T: 1\r\n\r\nGET / HTTP/1.1";
  for (const std::size_t step : {std::size_t{1}, std::size_t{2}, std::size_t{7}, text.size()})
    EXPECT_EQ(decoded(text, step), "hello, 123456789") << step;
  EXPECT_EQ(decoded("0\r\n\r\n", 1), "");
}

TEST(ChunkedFollower, SaysHowMuchBelongsToTheBody) {
  std::string text = "3\r\nabc\r\n0\r\n\r\nnext";
  ChunkedFollower follower;
  const auto got = follower.decode({text.data(), text.size()});
  EXPECT_EQ(got.taken, text.size() - 4);
  EXPECT_EQ(got.data, 3U);
  EXPECT_EQ(text.substr(0, 3), "abc");
}

TEST(ChunkedFollower, RefusesBlanksBehindASizeIfTold) {
  std::string text = "3 \r\nabc\r\n0\r\n\r\n";
  ChunkedFollower forgiving, strict(ChunkedFollower::Blanks::refused);
  forgiving.take(text);
  EXPECT_TRUE(forgiving.done());
  strict.take(text);
  EXPECT_TRUE(strict.malformed());
}

}  // namespace
}  // namespace reprise::protocol
