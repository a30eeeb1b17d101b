#pragma once

#include <cstdint>
#include <stdexcept>

#include <openssl/rand.h>

namespace reprise::cluster {

// Throws std::runtime_error if OpenSSL has none.
inline std::uint64_t random_number() {
  std::uint64_t number = 0;
  if (::RAND_bytes(reinterpret_cast<unsigned char*>(&number), sizeof number) != 1)
    throw std::runtime_error("no random bytes");
  return number;
}

// Below a bound that is small, and not 0.
inline std::uint64_t random_below(std::uint64_t bound) {
  return random_number() % bound;
}

}  // namespace reprise::cluster
