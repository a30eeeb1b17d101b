#pragma once

#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "parsers/syntax_error.hpp"

namespace reprise::parsers {

// A text that a parser refuses, and all that a user gets to see of it.
struct Refusal {
  std::string text;
  Position at;
  std::string expected;
  std::string shown;  // the line and the caret
};

template <typename Parse>
void expect_refusals(Parse parse, const std::vector<Refusal>& refusals) {
  for (const Refusal& refusal : refusals) {
    SCOPED_TRACE(refusal.text);
    try {
      parse(refusal.text);
      ADD_FAILURE() << "was accepted";
    } catch (const SyntaxError& error) {
      EXPECT_EQ(error.where.line, refusal.at.line);
      EXPECT_EQ(error.where.column, refusal.at.column);
      EXPECT_EQ(error.what(), refusal.expected);
      EXPECT_EQ(describe("f", refusal.text, error.where, error.what()),
                fmt::format("f:{}:{}: {}\n{}", refusal.at.line, refusal.at.column, refusal.expected,
                            refusal.shown));
    }
  }
}

}  // namespace reprise::parsers
