#pragma once

#include <string>
#include <vector>

#include <boost/fusion/include/adapt_struct.hpp>

#include "parsers/parse.hpp"

// spec/config/kvlist.md 1, its two steps in one.
namespace reprise::parsers::keyval::grammar {

struct Item {
  Span key_at;
  std::string key;
  Span value_at;
  std::string value;
};

inline auto list(char separator) {
  const auto plain = ~x3::char_(separator) - '\\';
  const auto escape = x3::lit('\\');
  const auto byte = escape >> x3::char_ | plain;

  // A backslash takes the next byte as it is, yet does not keep a '=' from ending the key; and an
  // escaped backslash vanishes from a key together with what follows it.
  const auto equals = x3::rule<class EqualsRule>{"'=' after the key"} = -escape >> '=';
  const auto dropped = x3::omit[*(x3::lit("\\\\") >> byte)];
  const auto key_byte = escape >> (x3::char_ - '=' - '\\') | (plain - '=');
  const auto key = dropped >> *(key_byte >> dropped);

  const auto pair = x3::rule<class PairRule, Item>{"a key and a value"} =
      here >> key >> x3::expect[equals] >> here >> *byte;

  // Empty items mean nothing, and neither does a backslash at the end with nothing to take.
  const auto item = !(x3::lit(separator) | -escape >> x3::eoi) >> pair;
  const auto items =
      *x3::lit(separator) >> -(item % +x3::lit(separator)) >> *x3::lit(separator) >> -escape;
  return x3::rule<class ListRule, std::vector<Item>>{"key=value items"} = items;
}

}  // namespace reprise::parsers::keyval::grammar

BOOST_FUSION_ADAPT_STRUCT(reprise::parsers::keyval::grammar::Item, key_at, key, value_at, value)
