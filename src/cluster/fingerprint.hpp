#pragma once

#include <cstdint>

#include "base/bytes.hpp"
#include "seal/session_name.hpp"

namespace reprise::cluster {

// The first eight bytes of a session's id, as a number that sorts as they do: ids are random, so it
// stands for the id among members.
using Fingerprint = std::uint64_t;

// `id` has 8 bytes at least.
inline Fingerprint fingerprint_of(Bytes id) {
  Fingerprint number = 0;
  for (std::size_t i = 0; i < sizeof number; ++i)
    number = number << 8 | static_cast<unsigned char>(id[i]);
  return number;
}

inline Bytes bytes_of(const seal::SessionName& id) {
  return {reinterpret_cast<const char*>(id.data()), id.size()};
}
inline Fingerprint fingerprint_of(const seal::SessionName& id) {
  return fingerprint_of(bytes_of(id));
}

// The finisher of splitmix64: spreads what differs in a few bits over all, so that what is made of
// ids that are not random differs too.
inline std::uint64_t mixed(std::uint64_t number) {
  number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9;
  number = (number ^ number >> 27) * 0x94d049bb133111eb;
  return number ^ number >> 31;
}

}  // namespace reprise::cluster
