#include "parsers/syntax_error.hpp"

#include <string>

#include <gtest/gtest.h>

#include "parsers/positions.hpp"

namespace reprise::parsers {
namespace {

using namespace std::string_literals;

TEST(PositionOf, CountsLinesAndBytesFromOne) {
  const std::string_view text = "ab\n\ncd";
  EXPECT_EQ(position_of(text, 0), (Position{1, 1}));
  EXPECT_EQ(position_of(text, 1), (Position{1, 2}));
  EXPECT_EQ(position_of(text, 2), (Position{1, 3})) << "a line feed ends the line it is in";
  EXPECT_EQ(position_of(text, 3), (Position{2, 1}));
  EXPECT_EQ(position_of(text, 4), (Position{3, 1}));
  EXPECT_EQ(position_of(text, 5), (Position{3, 2}));
}

TEST(PositionOf, TakesWhatIsPastTheEndAsTheEnd) {
  EXPECT_EQ(position_of("", 0), (Position{1, 1}));
  EXPECT_EQ(position_of("", 7), (Position{1, 1}));
  EXPECT_EQ(position_of("ab", 2), (Position{1, 3}));
  EXPECT_EQ(position_of("ab", 100), (Position{1, 3}));
  EXPECT_EQ(position_of("ab\n", 100), (Position{2, 1}));
}

TEST(PositionOf, CountsBytesOfUtf8) {
  EXPECT_EQ(position_of("é=x", 2), (Position{1, 3}));
}

TEST(Positions, WalkFromFrontToBack) {
  const std::string_view text = "a\nbc\n\nd";
  Positions positions(text);
  for (std::size_t offset = 0; offset <= text.size() + 1; ++offset) {
    EXPECT_EQ(positions.at(offset), position_of(text, offset)) << offset;
    EXPECT_EQ(positions.at(offset), position_of(text, offset)) << offset << ", again";
  }
}

TEST(Positions, TakeBytesToo) {
  const std::string_view text = "a\nbc";
  Positions positions(text);
  EXPECT_EQ(positions.at(text.data() + 3), (Position{2, 2}));
}

TEST(Describe, ShowsTheLineAndACaret) {
  EXPECT_EQ(describe("app.ini", "[uwsgi]\nsocket = *:80\nmaster = 1\n", {2, 10}, "no such host"),
            "app.ini:2:10: no such host\n"
            "socket = *:80\n"
            "         ^");
}

TEST(Describe, TakesALastLineWithoutLineFeed) {
  EXPECT_EQ(describe("f", "a\nbc", {2, 2}, "m"), "f:2:2: m\nbc\n ^");
  EXPECT_EQ(describe("f", "a\nbc", {2, 3}, "m"), "f:2:3: m\nbc\n  ^") << "just behind it";
  EXPECT_EQ(describe("f", "a\n", {2, 1}, "m"), "f:2:1: m\n\n^") << "an empty last line";
  EXPECT_EQ(describe("f", "", {1, 1}, "m"), "f:1:1: m\n\n^");
}

TEST(Describe, ShowsATabAsOneBlank) {
  EXPECT_EQ(describe("f", "\ta\t= b", {1, 4}, "m"), "f:1:4: m\n a = b\n   ^");
}

TEST(Describe, ShowsControlCharactersAsQuestionMarks) {
  EXPECT_EQ(describe("f", "a\x1b[31m\0b\x7f\rc"s, {1, 8}, "m"), "f:1:8: m\na?[31m?b??c\n       ^");
}

TEST(Describe, LeavesTheCarriageReturnOfALineEndOut) {
  EXPECT_EQ(describe("f", "ab\r\ncd\r\n", {1, 2}, "m"), "f:1:2: m\nab\n ^");
  EXPECT_EQ(describe("f", "ab\r\ncd\r\n", {1, 4}, "m"), "f:1:4: m\nab\n  ^");
}

TEST(Describe, CutsALongLineBehindTheColumn) {
  const std::string line(1000, 'x');
  EXPECT_EQ(describe("f", line, {1, 3}, "m"), "f:1:3: m\n" + std::string(32, 'x') + "...\n  ^");
}

TEST(Describe, CutsALongLineBeforeTheColumn) {
  const std::string line(1000, 'x');
  EXPECT_EQ(describe("f", line, {1, 1000}, "m"),
            "f:1:1000: m\n..." + std::string(41, 'x') + "\n" + std::string(43, ' ') + "^");
}

TEST(Describe, CutsALongLineOnBothSides) {
  std::string line(100000, 'x');
  line[50000] = 'O';
  EXPECT_EQ(describe("f", "first\n" + line + "\nlast", {2, 50001}, "m"),
            "f:2:50001: m\n..." + std::string(40, 'x') + "O" + std::string(29, 'x') + "...\n" +
                std::string(43, ' ') + "^");
}

TEST(Describe, PutsTheCaretBelowACharacterAndCutsNone) {
  EXPECT_EQ(describe("f", "naïve = x", {1, 7}, "m"), "f:1:7: m\nnaïve = x\n     ^");
  std::string line;
  for (int i = 0; i < 100; ++i)
    line += "é";
  std::string before;
  for (int i = 0; i < 20; ++i)
    before += "é";
  std::string after;
  for (int i = 0; i < 15; ++i)
    after += "é";
  EXPECT_EQ(describe("f", line, {1, 101}, "m"),
            "f:1:101: m\n..." + before + after + "...\n" + std::string(23, ' ') + "^");
  EXPECT_EQ(describe("f", "x" + line, {1, 101}, "m").substr(0, 16), "f:1:101: m\n...é")
      << "half a character is left out";
}

TEST(Describe, SurvivesPlacesThatAreNot) {
  EXPECT_EQ(describe("f", "ab\ncd", {9, 4}, "m"), "f:9:4: m\n\n^");
  EXPECT_EQ(describe("f", "ab", {1, 50}, "m"), "f:1:50: m\nab\n  ^");
  EXPECT_EQ(describe("f", "ab", {0, 0}, "m"), "f:0:0: m\nab\n^");
}

TEST(ReadDescribedTest, IsTheInverse) {
  const std::string text = describe("a:b.ini", "x = 1\ny\n", {2, 1}, "this is wrong: 1:2: here");
  const auto place = read_described("some words\nmore: 3:4 words\n" + text);
  ASSERT_TRUE(place);
  EXPECT_EQ(place->file, "a:b.ini");
  EXPECT_EQ(place->where, (Position{2, 1}));
  EXPECT_EQ(place->message, "this is wrong: 1:2: here");
  EXPECT_EQ(place->excerpt, "y\n^");
  EXPECT_EQ(place->before, "some words\nmore: 3:4 words");
  EXPECT_EQ(read_described(text)->before, "");
}

TEST(ReadDescribedTest, WordsAloneHaveNoPlace) {
  for (const char* text : {"", "words", "a.ini:1:2: words", "a\nb\nc", "a:1: b\nline\n^", "\n\n^",
                           "a.ini:1:2: words\nline\n  x"}) {
    EXPECT_FALSE(read_described(text)) << text;
  }
}

}  // namespace
}  // namespace reprise::parsers
