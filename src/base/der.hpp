#pragma once

#include <optional>

#include "base/bytes.hpp"

namespace reprise::der {

inline constexpr unsigned integer = 0x02;
inline constexpr unsigned octet_string = 0x04;
inline constexpr unsigned sequence = 0x30;
inline constexpr unsigned explicit_tag = 0xa0;  // [0], constructed; others are added to it

struct Element {
  unsigned tag = 0;
  Bytes content;
};

// Takes one element from the front: a tag of one byte, a length in its shortest form of at most
// three digits (X.690 10.1). Nothing, and `from` as it was, if there is none.
std::optional<Element> take(Bytes& from);

}  // namespace reprise::der
