#include "parsers/ini/ini.hpp"

#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/parsers/refusals.hpp"

namespace reprise::parsers::ini {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;

// `[section] line:column` and `key|value line:column line:column`.
std::vector<std::string> listing(const Document& document) {
  std::vector<std::string> lines;
  const auto place = [](Position at) { return fmt::format(" {}:{}", at.line, at.column); };
  for (const Section& section : document.sections) {
    lines.push_back("[" + section.name + "]" + place(section.at));
    for (const Assignment& each : section.assignments) {
      lines.push_back(each.key + "|" + each.value + place(each.key_at) + place(each.value_at));
    }
  }
  return lines;
}

std::vector<std::string> parsed(std::string_view text) {
  return listing(parse(text));
}

TEST(Ini, OfNothingIsNothing) {
  EXPECT_THAT(parsed(""), ElementsAre());
  EXPECT_THAT(parsed(std::string_view{}), ElementsAre());
  EXPECT_THAT(parsed("\n \t\r\n\n"), ElementsAre());
  EXPECT_THAT(parsed("; one\n  # two\n;\n#"), ElementsAre());
}

TEST(Ini, TellsWhereThingsStand) {
  EXPECT_THAT(parsed("[a]\nk = v\n\n  [b]\n\tk2=v w\r\n"),
              ElementsAre("[a] 1:1", "k|v 2:1 2:5", "[b] 4:3", "k2|v w 5:2 5:5"));
}

TEST(Ini, TellsWhereAMissingValueWouldStand) {
  EXPECT_THAT(parsed("[a]\nk\nk \nk =\nk = \t"),
              ElementsAre("[a] 1:1", "k| 2:1 2:2", "k| 3:1 3:3", "k| 4:1 4:4", "k| 5:1 5:6"));
}

TEST(Ini, TellsWhereAnEmptyKeyStands) {
  EXPECT_THAT(parsed("[a]\n = v\n=="), ElementsAre("[a] 1:1", "|v 2:2 2:4", "|= 3:1 3:2"));
}

TEST(Ini, KeepsWhatStandsBeforeTheFirstHeader) {
  EXPECT_THAT(parsed("\nk=v\n[]\nl=w"),
              ElementsAre("[] 1:1", "k|v 2:1 2:3", "[] 3:1", "l|w 4:1 4:3"));
}

TEST(Ini, KeepsEqualSectionsApart) {
  EXPECT_THAT(parsed("[a]\n[a]\nx\n"), ElementsAre("[a] 1:1", "[a] 2:1", "x| 3:1 3:2"));
}

TEST(Ini, EndsAHeaderAtTheLastByteOfItsLine) {
  EXPECT_THAT(parsed("[\n[]\n[x\n[xy\n[ a b ] \n[a] ; n\n[a]]\n[[a]"),
              ElementsAre("[] 1:1", "[] 2:1", "[] 3:1", "[x] 4:1", "[ a b ] 5:1", "[a] ; ] 6:1",
                          "[a]] 7:1", "[[a] 8:1"));
}

TEST(Ini, EndsALineAtNul) {
  EXPECT_THAT(parsed("[a]\0b\nk = v \0w\n\0 l = x\nm\0=\n"s),
              ElementsAre("[a] 1:1", "k|v 2:1 2:5", "m| 4:1 4:2"));
}

TEST(Ini, KeepsAByteOrderMark) {
  EXPECT_THAT(parsed("\xEF\xBB\xBF[a]\nk=v"),
              ElementsAre("[] 1:1", "\xEF\xBB\xBF[a]| 1:1 1:7", "k|v 2:1 2:3"));
}

TEST(Ini, TakesAllBytesButItsOwn) {
  std::string value;
  for (int byte = 1; byte < 256; ++byte) {
    if (byte != '\n') value += static_cast<char>(byte);
  }
  value += '.';
  const Document document = parse("[a]\nk=" + value);
  EXPECT_EQ(document.sections.at(0).assignments.at(0).value, value);
}

TEST(Ini, TakesAValueAsLongAsItMayBe) {
  const std::string value(max_value, 'x');
  EXPECT_EQ(parse("k=" + value).sections.at(0).assignments.at(0).value, value);
}

TEST(Ini, RefusesWhatIsTooLong) {
  const std::string much(max_value + 1, 'x');
  expect_refusals([](std::string_view text) { return parse(text); },
                  {{"[a]\nk =  " + much,
                    {2, 6},
                    "a value of at most 1048576 bytes",
                    "k =  " + std::string(30, 'x') + "...\n     ^"},
                   {std::string(max_text, ';') + "x",
                    {1, max_text + 1},
                    "a text of at most 16777216 bytes",
                    "..." + std::string(40, ';') + "x\n" + std::string(43, ' ') + "^"},
                   {std::string(max_text, '\n') + "k",
                    {max_text + 1, 1},
                    "a text of at most 16777216 bytes",
                    "k\n^"}});
}

TEST(Ini, TakesATextAsLongAsItMayBe) {
  EXPECT_THAT(parsed(std::string(max_text, ';')), ElementsAre());
}

// What each costs is far below the limit; its square would be far above.
class IniCost : public testing::TestWithParam<std::pair<std::string, std::size_t>> {};

TEST_P(IniCost, IsOfTheTextsLength) {
  const auto& [text, assignments] = GetParam();
  const auto began = std::chrono::steady_clock::now();
  const Document document = parse(text);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
  ASSERT_EQ(document.sections.size(), 1U);
  EXPECT_EQ(document.sections.front().assignments.size(), assignments);
}

std::string repeated(std::string_view part, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i)
    text += part;
  return text;
}

INSTANTIATE_TEST_SUITE_P(
    Texts, IniCost,
    testing::Values(std::pair{"[a]\n" + repeated("key = value of it\n", 100000), 100000U},
                    std::pair{"[a]\nk" + std::string(1000000, ' ') + "l=" +
                                  std::string(1000000, ' ') + "v" + std::string(1000000, '\t'),
                              1U},
                    std::pair{"[a]\nk=" + repeated("x ", 500000), 1U},
                    std::pair{"[a]\n" + repeated("=", 1000000), 1U},
                    std::pair{"[" + repeated("[ ", 1000000), 0U}));

}  // namespace
}  // namespace reprise::parsers::ini
