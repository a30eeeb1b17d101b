#include "application/request_body.hpp"

#include <thread>

#include <gtest/gtest.h>

#include "harness.hpp"

namespace reprise::application {
namespace {

using protocol::BodyLength;

BodyLength counted(std::uint64_t bytes) {
  return {BodyLength::Kind::counted, bytes};
}

BodyLength chunked() {
  return {BodyLength::Kind::chunked, 0};
}

struct Read {
  std::string text;
  ReadStatus status = ReadStatus::ok;
};

// To the end, in pieces of `size`.
Read read_all(RequestBody& body, std::size_t size = 4096) {
  Read out;
  std::string piece(size, '\0');
  for (;;) {
    const auto got = body.read(piece);
    out.status = got.status;
    if (got.bytes == 0) return out;
    out.text.append(piece, 0, got.bytes);
  }
}

TEST(RequestBody, EndsWhereItsLengthSays) {
  Pair pair;
  pair.say("defXYZ");
  RequestBody body(pair.wire, counted(6), "abc", {});
  EXPECT_FALSE(body.complete());
  EXPECT_EQ(read_all(body).text, "abcdef");
  EXPECT_TRUE(body.complete());
  EXPECT_EQ(body.consumed(), 6u);
}

TEST(RequestBody, TakesNothingOfWhatIsBehindIt) {
  Pair pair;
  RequestBody body(pair.wire, counted(2), "abcdef", {});
  EXPECT_EQ(read_all(body).text, "ab");
}

TEST(RequestBody, ThatBreaksOffIsAnError) {
  Pair pair;
  pair.say("ab");
  pair.finish();
  RequestBody body(pair.wire, counted(6), {}, {});
  const Read read = read_all(body);
  EXPECT_EQ(read.text, "ab");
  EXPECT_EQ(read.status, ReadStatus::closed);
}

TEST(RequestBody, ThatStallsTimesOut) {
  Pair pair(std::chrono::milliseconds(20));
  RequestBody body(pair.wire, counted(6), "ab", {});
  EXPECT_EQ(read_all(body).status, ReadStatus::timed_out);
}

TEST(RequestBody, LosesItsChunksWhateverPiecesItComesIn) {
  const std::string_view framed = "3\r\nabc\r\n0000a;x=y\r\n0123456789\r\n0\r\nT: x\r\n\r\n";
  for (std::size_t ahead = 0; ahead <= framed.size(); ++ahead) {
    for (const std::size_t piece : {1, 2, 7, 4096}) {
      Pair pair;
      pair.say(framed.substr(ahead));
      RequestBody body(pair.wire, chunked(), framed.substr(0, ahead), {});
      const Read read = read_all(body, piece);
      EXPECT_EQ(read.text, "abc0123456789") << ahead << " " << piece;
      EXPECT_EQ(read.status, ReadStatus::ok);
      EXPECT_TRUE(body.complete());
    }
  }
}

TEST(RequestBody, OfBrokenChunksIsMalformed) {
  for (const std::string_view framed : {"x\r\n", "3\nabc", "3\r\nabcd\r\n", "-1\r\n"}) {
    Pair pair;
    pair.finish();
    RequestBody body(pair.wire, chunked(), framed, {});
    EXPECT_EQ(read_all(body).status, ReadStatus::malformed) << framed;
  }
}

TEST(RequestBody, InvitesBeforeTheFirstWaitAlone) {
  Pair pair;
  pair.say("abc");
  RequestBody body(pair.wire, counted(3), {}, "come in");
  EXPECT_EQ(pair.heard(), "");
  EXPECT_EQ(read_all(body, 1).text, "abc");
  EXPECT_EQ(pair.heard(), "come in");
}

TEST(RequestBody, ThatIsKeptCanBeReadAgain) {
  for (const std::uint64_t in_memory : {1, 5, 1000}) {
    Pair pair;
    pair.say("3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n");
    RequestBody body(pair.wire, chunked(), {}, {});
    ASSERT_EQ(body.keep(in_memory), ReadStatus::ok);
    EXPECT_EQ(body.length(), 6u);
    EXPECT_EQ(read_all(body, 4).text, "abcdef");
    ASSERT_TRUE(body.seek(2));
    EXPECT_EQ(body.consumed(), 2u);
    EXPECT_EQ(read_all(body, 3).text, "cdef");
    EXPECT_FALSE(body.seek(7));
  }
}

TEST(RequestBody, ThatIsKeptHasABound) {
  Pair pair;
  RequestBody body(pair.wire, counted(6), "abcdef", {});
  body.set_limit(5);
  EXPECT_EQ(body.keep(100), ReadStatus::too_long);
}

TEST(RequestBody, OfChunksHasABoundToo) {
  Pair pair;
  RequestBody body(pair.wire, chunked(), "3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n", {});
  body.set_limit(5);
  const Read read = read_all(body);
  EXPECT_EQ(read.text, "abc");
  EXPECT_EQ(read.status, ReadStatus::too_long);
}

TEST(RequestBody, ThatTricklesTimesOut) {
  Pair pair(std::chrono::milliseconds(40));
  RequestBody body(pair.wire, counted(1000), {}, {});
  std::jthread client([&](const std::stop_token& enough) {
    while (!enough.stop_requested()) {
      pair.say("x");
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  });
  const Read read = read_all(body);
  EXPECT_EQ(read.status, ReadStatus::timed_out);
  EXPECT_LT(read.text.size(), 200u);
}

TEST(RequestBody, InvitesNobodyOnceTheAnswerHasBegun) {
  Pair pair;
  pair.say("abc");
  RequestBody body(pair.wire, counted(3), {}, "come in");
  body.drop_invitation();
  EXPECT_EQ(read_all(body).text, "abc");
  EXPECT_EQ(pair.heard(), "");
}

TEST(RequestBody, ThatIsNotKeptCannotGoBack) {
  Pair pair;
  RequestBody body(pair.wire, counted(6), "abcdef", {});
  EXPECT_FALSE(body.seek(0));
}

}  // namespace
}  // namespace reprise::application
