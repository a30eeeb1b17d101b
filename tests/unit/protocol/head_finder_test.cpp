#include "protocol/head_finder.hpp"

#include <string>

#include <gtest/gtest.h>

namespace reprise::protocol {
namespace {

using State = HeadFinder::State;

// Fed byte by byte: the state in the end, and where it was reached.
struct Found {
  State state;
  std::size_t after;
  HeadFinder finder;
};

Found feed(const std::string& bytes) {
  Found found{State::incomplete, 0, {}};
  while (found.after < bytes.size() && found.state == State::incomplete) {
    found.state = found.finder.look(Bytes(bytes).substr(0, ++found.after));
  }
  return found;
}

TEST(HeadFinder, EndsBehindTheEmptyLine) {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  const Found found = feed(head + "body");
  EXPECT_EQ(found.state, State::complete);
  EXPECT_EQ(found.after, head.size());
  EXPECT_EQ(found.finder.begin(), 0U);
  EXPECT_EQ(found.finder.end(), head.size());
}

TEST(HeadFinder, AHeadMayHaveNoFields) {
  EXPECT_EQ(feed("GET / HTTP/1.0\r\n\r\n").state, State::complete);
}

TEST(HeadFinder, ForgivesTwoEmptyLinesInFront) {
  const Found found = feed("\r\n\r\nGET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(found.state, State::complete);
  EXPECT_EQ(found.finder.begin(), 4U);
  EXPECT_EQ(feed("\r\n\r\n\r\n").state, State::malformed);
}

TEST(HeadFinder, NoticesAtOnceWhatNoHeadContains) {
  EXPECT_EQ(feed("\x16\x03\x01").after, 1U);
  EXPECT_EQ(feed("\x16\x03\x01").state, State::malformed);
  EXPECT_EQ(feed("\nGET /").after, 1U);
  EXPECT_EQ(feed(" GET /").after, 1U);
  const std::string bare_lf = "GET / HTTP/1.1\r\nA: b\n";
  EXPECT_EQ(feed(bare_lf + "more").state, State::malformed);
  EXPECT_EQ(feed(bare_lf + "more").after, bare_lf.size());
  const std::string folded = "GET / HTTP/1.1\r\nA: b\r\n ";
  EXPECT_EQ(feed(folded + "more").state, State::malformed);
  EXPECT_EQ(feed(folded + "more").after, folded.size());
  EXPECT_EQ(feed("GET / HTTP/1.1\rHost").state, State::malformed);
}

TEST(HeadFinder, KnowsWhetherTheFirstLineIsStillOpen) {
  EXPECT_TRUE(feed("GET /aaaa").finder.first_line_exceeds(100));
  EXPECT_FALSE(feed("GET / HTTP/1.1\r\nA").finder.first_line_exceeds(16));
  EXPECT_TRUE(feed("GET / HTTP/1.1\r\nA").finder.first_line_exceeds(15));
}

}  // namespace
}  // namespace reprise::protocol
