#include "cache/hash.hpp"

#include <bit>
#include <cstring>

namespace reprise::cache {
namespace {

constexpr std::string_view hash_names[] = {"djb33x", "murmur2", "random", "rand", "rr"};

std::uint32_t sign_extended(char byte) {
  return static_cast<std::uint32_t>(static_cast<std::int32_t>(static_cast<signed char>(byte)));
}

template <class Word>
Word load_little_endian(const char* from) {
  static_assert(std::endian::native == std::endian::little);
  Word word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

struct SipState {
  std::uint64_t v0, v1, v2, v3;

  void round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
};

}  // namespace

std::uint32_t djb33x(Bytes key) {
  std::uint32_t hash = 5381;
  for (const char byte : key)
    hash = (hash * 33) ^ sign_extended(byte);
  return hash;
}

std::uint32_t murmur2(Bytes key) {
  constexpr std::uint32_t m = 0x5bd1e995;
  auto hash = static_cast<std::uint32_t>(key.size());
  std::size_t i = 0;
  for (; key.size() - i >= 4; i += 4) {
    std::uint32_t word = load_little_endian<std::uint32_t>(key.data() + i) * m;
    word ^= word >> 24;
    hash = (hash * m) ^ (word * m);
  }
  // The tail's bytes are taken from the front of the key: the original's quirk.
  const std::size_t rest = key.size() - i;
  if (rest >= 3) hash ^= sign_extended(key[2]) << 16;
  if (rest >= 2) hash ^= sign_extended(key[1]) << 8;
  if (rest >= 1) hash = (hash ^ sign_extended(key[0])) * m;
  hash = (hash ^ (hash >> 13)) * m;
  return hash ^ (hash >> 15);
}

std::uint32_t hash_of(Hash function, Bytes key) {
  return function == Hash::murmur2 ? murmur2(key) : djb33x(key);
}

std::string_view name_of(Hash hash) {
  return hash_names[static_cast<std::size_t>(hash)];
}

std::optional<Hash> hash_named(std::string_view name) {
  for (const Hash hash : {Hash::djb33x, Hash::murmur2, Hash::random, Hash::rand, Hash::rr}) {
    if (name_of(hash) == name) return hash;
  }
  return {};
}

std::uint64_t siphash(Bytes key, const std::array<std::uint64_t, 2>& secret) {
  SipState s{secret[0] ^ 0x736f6d6570736575, secret[1] ^ 0x646f72616e646f6d,
             secret[0] ^ 0x6c7967656e657261, secret[1] ^ 0x7465646279746573};
  const auto absorb = [&s](std::uint64_t word) {
    s.v3 ^= word;
    s.round();
    s.v0 ^= word;
  };
  std::size_t i = 0;
  for (; key.size() - i >= 8; i += 8)
    absorb(load_little_endian<std::uint64_t>(key.data() + i));
  std::uint64_t last = static_cast<std::uint64_t>(key.size()) << 56;
  for (std::size_t shift = 0; i < key.size(); ++i, shift += 8) {
    last |= static_cast<std::uint64_t>(static_cast<unsigned char>(key[i])) << shift;
  }
  absorb(last);
  s.v2 ^= 0xff;
  s.round();
  s.round();
  s.round();
  return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

}  // namespace reprise::cache
