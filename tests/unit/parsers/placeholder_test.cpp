#include "parsers/placeholder/placeholder.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace reprise::parsers::placeholder {
namespace {

using namespace std::string_literals;
using Strings = std::vector<std::string>;

// A literal as it is, a reference as <name>.
Strings parsed(std::string_view text, Kind kind = Kind::placeholder) {
  Strings result;
  for (const auto& part : parse(text, kind)) {
    if (const auto* reference = std::get_if<Reference>(&part)) {
      result.push_back("<" + reference->name + ">");
    } else {
      result.push_back(std::get<Literal>(part).text);
    }
  }
  return result;
}

struct Case {
  std::string text;
  Strings parts;
};

// The numbers are those of the recorded cases in spec/config/config-language.md 8.
class Placeholder : public testing::TestWithParam<Case> {};

TEST_P(Placeholder, HasTheseParts) {
  EXPECT_EQ(parsed(GetParam().text), GetParam().parts);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Placeholder,
    testing::Values(Case{"", {}}, Case{"plain", {"plain"}}, Case{"%(a)", {"<a>"}},
                    Case{"x%(a)y", {"x", "<a>", "y"}}, Case{"%(a)%(b)", {"<a>", "<b>"}},
                    Case{"%(a + 1)", {"<a + 1>"}}, Case{"%( )", {"< >"}},
                    Case{"%(%(name))", {"%(", "<name>", ")"}},  // H-106
                    Case{"/%(a%(b)c)", {"/%(a", "<b>", "c)"}},  // H-106
                    Case{".%(a(b))", {".", "<a(b)>"}},          // H-133
                    Case{".%(a(b)", {".%(a(b)"}},               // H-133
                    Case{"(%(k))", {"(", "<k>", ")"}},          // H-133
                    Case{"%(k", {"%(k"}},                       // H-134
                    Case{"%(k %(k)", {"%(k ", "<k>"}},          // H-134
                    Case{"%(", {"%("}}, Case{"%", {"%"}}, Case{"a%", {"a%"}}, Case{"%()", {"%()"}},
                    Case{"%()x%(a)", {"%()x", "<a>"}}, Case{"%(())", {"<()>"}},
                    Case{"%(a(b)%(c)", {"%(a(b)", "<c>"}},
                    Case{"%(a(%(b)))", {"%(a(", "<b>", "))"}}, Case{"%%(a)", {"%", "<a>"}},
                    Case{"% (a)", {"% (a)"}}, Case{"%(a%)", {"<a%>"}},
                    Case{"%(a)b)", {"<a>", "b)"}}, Case{"$(A)@(b)", {"$(A)@(b)"}},
                    Case{"%(a\nb)", {"<a\nb>"}}, Case{"%(\0)"s, {"<\0>"s}}));

TEST(PlaceholderKinds, LookForTheirOwnMarker) {
  const std::string text = "%(a)$(B)@(c)";
  EXPECT_EQ(parsed(text, Kind::placeholder), (Strings{"<a>", "$(B)@(c)"}));
  EXPECT_EQ(parsed(text, Kind::environment), (Strings{"%(a)", "<B>", "@(c)"}));
  EXPECT_EQ(parsed(text, Kind::file), (Strings{"%(a)$(B)", "<c>"}));
  EXPECT_EQ(parsed("@(%(file))", Kind::file), (Strings{"<%(file)>"}));
}

TEST(PlaceholderReference, KnowsItsTextAndPlace) {
  const Template parts = parse("a\nb $(N(1)) $(M)", Kind::environment);
  ASSERT_EQ(parts.size(), 4U);
  const auto& first = std::get<Reference>(parts[1]);
  EXPECT_EQ(first.kind, Kind::environment);
  EXPECT_EQ(first.name, "N(1)");
  EXPECT_EQ(first.text, "$(N(1))");
  EXPECT_EQ(first.at, (Position{2, 3}));
  EXPECT_EQ(std::get<Reference>(parts[3]).at, (Position{2, 11}));
}

TEST(PlaceholderCost, IsOfTheTextsLength) {
  const auto repeated = [](std::string_view part) {
    std::string text;
    while (text.size() < 1000000)
      text += part;
    return text;
  };
  EXPECT_EQ(parse(repeated("%("), Kind::placeholder).size(), 1U);
  EXPECT_EQ(parse("%" + std::string(1000000, '('), Kind::placeholder).size(), 1U);
  EXPECT_EQ(parse(repeated("%(("), Kind::placeholder).size(), 1U);
  EXPECT_EQ(parse(repeated("%(a)"), Kind::placeholder).size(), 250000U);
  const std::string nested = "%" + std::string(500000, '(') + "x" + std::string(500000, ')');
  EXPECT_EQ(parse(nested, Kind::placeholder).size(), 1U);
}

}  // namespace
}  // namespace reprise::parsers::placeholder
