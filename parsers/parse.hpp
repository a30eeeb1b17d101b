#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <boost/range/iterator_range.hpp>
#include <boost/spirit/home/x3.hpp>

#include "parsers/syntax_error.hpp"

namespace reprise::parsers {

// What the grammars have in common. They run over `const char*`, and name their rules in the words
// that a user reads after "expected": an expectation (`a > b`) that fails throws the name of b.

namespace x3 = boost::spirit::x3;

// A stretch of the parsed text: the attribute of x3::raw[].
using Span = boost::iterator_range<const char*>;

inline std::string_view view(const Span& span) {
  return {span.begin(), span.size()};
}

// Matches nothing; its attribute is the place.
inline const auto here = x3::raw[x3::eps];

inline const auto end_of_text = x3::rule<class EndOfTextRule>{"the end of the text"} = x3::eoi;

// The attribute of a grammar that matches the whole text. Throws SyntaxError if it doesn't.
template <typename Attribute, typename Grammar>
Attribute parse_whole(std::string_view text, const Grammar& grammar) {
  const char* first = text.data();
  const char* const last = first + text.size();
  Attribute result;
  try {
    // With `>` all along there is no other way to fail than by the exception.
    x3::parse(first, last, x3::eps > grammar > end_of_text, result);
  } catch (const x3::expectation_failure<const char*>& failure) {
    const auto offset = static_cast<std::size_t>(failure.where() - text.data());
    throw SyntaxError(position_of(text, offset), failure.which());
  }
  return result;
}

}  // namespace reprise::parsers
