#pragma once

#include <cstdint>
#include <cstdlib>
#include <random>

#include "base/bytes.hpp"

namespace reprise::fuzz {

inline void check(bool holds) {
  if (!holds) std::abort();
}

// An input whose first byte says how the bytes behind it arrive.
class Pieces {
public:
  Pieces(const std::uint8_t* data, std::size_t size)
      : seed_(size > 0 ? data[0] : 0),
        bytes_(reinterpret_cast<const char*>(data) + (size > 0 ? 1 : 0), size > 0 ? size - 1 : 0) {}

  std::uint8_t seed() const { return seed_; }
  Bytes bytes() const { return bytes_; }

  // Calls `step` with the end of each piece of `size` bytes, none shorter than `shortest`; until it
  // says that it is enough.
  template <class Step>
  void cut(std::size_t size, Step step, std::size_t shortest = 1) const {
    std::minstd_rand random(seed_ + 1U);
    const std::size_t longest = std::size_t{1} << (seed_ % 9);
    for (std::size_t at = 0; at < size;) {
      at = std::min(size, at + shortest + random() % longest);
      if (!step(at)) return;
    }
  }

private:
  std::uint8_t seed_;
  Bytes bytes_;
};

}  // namespace reprise::fuzz
