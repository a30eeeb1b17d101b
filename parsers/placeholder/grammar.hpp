#pragma once

#include <cstddef>

#include <boost/fusion/include/adapt_struct.hpp>

#include "parsers/parse.hpp"

// spec/config/config-language.md 8.1.
namespace reprise::parsers::placeholder::grammar {

// Some text up to a reference or the end, and the reference if there is one.
struct Piece {
  Span literal;
  Span reference;  // as written; empty: none
};

// `name)` of a reference: parentheses in the name are counted. A further opening of the same kind
// ends the attempt, because the innermost is the reference; that is also why trying every opening
// of a text reads each of its bytes twice at most. A loop, so that depth costs no stack.
struct NameAndEnd : x3::parser<NameAndEnd> {
  using attribute_type = x3::unused_type;  // NOLINT(readability-identifier-naming): Spirit's
  static constexpr bool has_attribute = false;

  explicit NameAndEnd(char kind) : marker(kind) {}

  template <typename Iterator, typename Context, typename RuleContext, typename Attribute>
  bool parse(Iterator& first, const Iterator& last, const Context&, const RuleContext&,
             Attribute&) const {
    std::size_t depth = 1;
    for (Iterator at = first; at != last; ++at) {
      if (*at == marker && at + 1 != last && at[1] == '(') return false;
      if (*at == '(') ++depth;
      if (*at == ')' && --depth == 0) {
        if (at == first) return false;  // "%()" refers to nothing
        first = at + 1;
        return true;
      }
    }
    return false;
  }

  char marker;
};

inline auto piece(char marker) {
  const auto reference = x3::lit(marker) >> '(' >> NameAndEnd(marker);
  return x3::rule<class PieceRule, Piece>{"a piece"} =
             x3::raw[*(x3::char_ - reference)] >> x3::raw[-reference];
}

}  // namespace reprise::parsers::placeholder::grammar

BOOST_FUSION_ADAPT_STRUCT(reprise::parsers::placeholder::grammar::Piece, literal, reference)
