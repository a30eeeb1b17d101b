#pragma once

#include <boost/fusion/include/adapt_struct.hpp>
#include <boost/optional.hpp>

#include "parsers/parse.hpp"

// One line of an ini text (spec/config/config-language.md 2.2 and 2.3), its line feed included.
namespace reprise::parsers::ini::grammar {

struct Option {
  Span key;
  Span value;
};
// A line has one of the two, or none: empty, or a comment.
struct Line {
  boost::optional<Span> header;  // with its first byte, '[', and its last, which is mostly ']'
  boost::optional<Option> option;
};

const auto blank = x3::char_(" \t\r");
// A NUL ends what a line says.
const auto visible = ~x3::char_(" \t\r\n") - '\0';

// Without the blanks at both ends. Each run of blanks is looked at once more at most, where a
// "blanks up to the end" lookahead would make a line of blanks cost its square.
const auto stripped = [](auto byte) { return x3::raw[-(+byte % +blank)]; };

const auto header = x3::rule<class HeaderRule, Span>{"a section header"} = &x3::lit('[') >>
                                                                           stripped(visible);

const auto option = x3::rule<class OptionRule, Option>{"an option"} =
    &(visible - x3::char_(";#")) >> stripped(visible - '=') >> x3::omit[*blank] >>
    -x3::lit('=') >> x3::omit[*blank] >> stripped(visible);

const auto rest = x3::omit[*(x3::char_ - '\n') >> -x3::lit('\n')];

const auto line = x3::rule<class LineRule, Line>{"a line"} =
    x3::omit[*blank] >> -header >> -option >> rest;

}  // namespace reprise::parsers::ini::grammar

BOOST_FUSION_ADAPT_STRUCT(reprise::parsers::ini::grammar::Option, key, value)
BOOST_FUSION_ADAPT_STRUCT(reprise::parsers::ini::grammar::Line, header, option)
