#include "parsers/keyval/keyval.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/parsers/refusals.hpp"

namespace reprise::parsers::keyval {
namespace {

using namespace std::string_literals;
using Strings = std::vector<std::string>;

Strings parsed(std::string_view text, char separator = ',') {
  Strings result;
  for (const Pair& pair : parse(text, separator))
    result.push_back(pair.key + "|" + pair.value);
  return result;
}

struct Case {
  std::string text;
  Strings pairs;
};

// The numbers are those of the recorded cases in spec/config/kvlist.md.
class Keyval : public testing::TestWithParam<Case> {};

TEST_P(Keyval, HasThesePairs) {
  EXPECT_EQ(parsed(GetParam().text), GetParam().pairs);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Keyval,
    testing::Values(Case{"name=c1,items=10", {"name|c1", "items|10"}},                 // H-400
                    Case{"name=c1, items=10", {"name|c1", " items|10"}},               // H-404
                    Case{"name = c1,items = 10", {"name | c1", "items | 10"}},         // H-405
                    Case{"name= c 1 ,items= 10", {"name| c 1 ", "items| 10"}},         // H-406
                    Case{"name=a\\,b,items=10", {"name|a,b", "items|10"}},             // H-407
                    Case{"name=a\\\\b,items=10", {"name|a\\b", "items|10"}},           // H-408
                    Case{"name=a\\bc\\=d,items=10", {"name|abc=d", "items|10"}},       // H-409
                    Case{"na\\me=kept,items=10", {"name|kept", "items|10"}},           // H-410
                    Case{"na\\=me=x,items=10", {"na|me=x", "items|10"}},               // H-411
                    Case{"na\\\\Xme=dropped,items=10", {"name|dropped", "items|10"}},  // H-412
                    Case{"a=1,a=2,b=3,a=4", {"a|1", "a|2", "b|3", "a|4"}},             // H-413
                    Case{"name=c1,items=", {"name|c1", "items|"}},                     // H-415
                    Case{"name=,items=10", {"name|", "items|10"}},                     // H-416
                    Case{"", {}},                                                      // H-417
                    Case{",name=c1,,items=10,", {"name|c1", "items|10"}},              // H-418
                    Case{"name=a=b=c,items=10", {"name|a=b=c", "items|10"}},           // H-420
                    Case{"Name=c1", {"Name|c1"}},                                      // H-422
                    Case{",,,", {}},                                                   //
                    Case{"=", {"|"}},                                                  //
                    Case{"=,=x", {"|", "|x"}},                                         //
                    Case{"a=b\\", {"a|b"}},                                            //
                    Case{"a=b,\\", {"a|b"}},                                           //
                    Case{"\\", {}},                                                    //
                    Case{"a\\,b=c", {"a,b|c"}},                                        //
                    Case{"a\\\\\\=b=c", {"ab|c"}},                                     //
                    Case{"a\\\\=b=c", {"ab|c"}},                                       //
                    Case{"\\\\x\\\\y=c", {"|c"}},                                      //
                    Case{"a=\n\t\"'", {"a|\n\t\"'"}},                                  //
                    Case{"k\xC3\xA9=\xFF\0z"s, {"k\xC3\xA9|\xFF\0z"s}}));

TEST(KeyvalSeparator, IsTheCallers) {
  EXPECT_EQ(parsed("a=1,2;b=3\\;4;", ';'), (Strings{"a|1,2", "b|3;4"}));
}

TEST(KeyvalPositions, AreThoseOfTheText) {
  const List list = parse("a=1,,b\\c=\\,x,\nd=");
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(list[0].key_at, (Position{1, 1}));
  EXPECT_EQ(list[0].value_at, (Position{1, 3}));
  EXPECT_EQ(list[1].key_at, (Position{1, 6}));
  EXPECT_EQ(list[1].value_at, (Position{1, 10}));
  EXPECT_EQ(list[2].key_at, (Position{1, 14})) << "the line feed is the key's first byte";
  EXPECT_EQ(list[2].value_at, (Position{2, 3}));
}

TEST(KeyvalErrors, AreItemsWithoutEqualsSign) {
  const std::string expected = "'=' after the key";
  expect_refusals([](std::string_view text) { return parse(text); },
                  {{"bitmap", {1, 7}, expected, "bitmap\n      ^"},
                   {"a=1,bitmap,b=2", {1, 11}, expected, "a=1,bitmap,b=2\n          ^"},
                   {"name=\"c,1\"", {1, 11}, expected, "name=\"c,1\"\n          ^"},
                   {"a=1,\n\tb\t", {2, 4}, expected, " b \n   ^"},
                   {"a\\", {1, 2}, expected, "a\\\n ^"},
                   {"a\\\\", {1, 2}, expected, "a\\\\\n ^"},
                   {"a\\\\,b=1", {1, 2}, expected, "a\\\\,b=1\n ^"},
                   {" ", {1, 2}, expected, " \n ^"},
                   {"\x01\x1b,", {1, 3}, expected, "??,\n  ^"}});
}

TEST(KeyvalCost, IsOfTheTextsLength) {
  std::string text;
  for (int i = 0; i < 100000; ++i)
    text += "key=value,,";
  EXPECT_EQ(parse(text).size(), 100000U);
  EXPECT_EQ(parse(std::string(1000000, ',')).size(), 0U);
  EXPECT_EQ(parse("a=" + std::string(1000000, '\\')).front().value.size(), 500000U);
  EXPECT_EQ(parse(std::string(1000000, '\\') + "x=").front().key, "x");
}

}  // namespace
}  // namespace reprise::parsers::keyval
