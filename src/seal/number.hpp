#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/bytes.hpp"

namespace reprise::seal {

// Integers of the sealed formats: little endian, `size` bytes of them.

inline void append_number(std::string& to, std::uint64_t number, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i)
    to.push_back(static_cast<char>(number >> (8 * i)));
}

// Of the first `size` bytes, which must be there.
inline std::uint64_t number_at(Bytes bytes, std::size_t at, std::size_t size) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < size; ++i)
    number |= std::uint64_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  return number;
}

}  // namespace reprise::seal
