#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"
#include "seal/secrets.hpp"

namespace reprise::seal {

// What the keys of a cluster are made of: HKDF-SHA256 (RFC 5869), cluster/SEALED.md.

enum class Cipher { aes_256_gcm, chacha20_poly1305 };

constexpr Cipher cipher_of(bool chacha20) {
  return chacha20 ? Cipher::chacha20_poly1305 : Cipher::aes_256_gcm;
}

using Key = std::array<unsigned char, 32>;
using KeyId = std::array<unsigned char, 4>;  // clear on the wire
using SenderName = std::array<unsigned char, 12>;
// What each end of a stream adds to its keys, drawn for that stream alone.
using StreamNonce = std::array<unsigned char, 32>;

// Of one secret and one cache. Who has `packet` can seal and open.
struct PacketKey {
  KeyId id;
  Key packet;
};

// What session ids are made and told apart with.
struct NameKeys {
  Key mask;
  Key tag;
};

// Of one sender.
struct SenderKeys {
  Key seal;
  Key nonce;
};

// Of one stream, for each of its directions.
struct StreamKeys {
  Key to_server;
  Key to_client;
};

// The keys of a cache, for each secret in the order of the file.
struct PacketKeys {
  std::array<PacketKey, most_secrets> list;
  std::size_t count;
};
struct NameKeyList {
  std::array<NameKeys, most_secrets> list;
  std::size_t count;
};

struct CacheKeys {
  Guarded<PacketKeys> packets;  // the keeper's alone
  Guarded<NameKeyList> names;   // every process's
};

// Throws std::runtime_error if OpenSSL fails, or for two secrets with one key id, which are not to
// be told apart (2^-32 for a pair).
CacheKeys derive(const Secrets& secrets, std::string_view cache, Cipher cipher);

SenderKeys sender_keys(const Key& packet, const SenderName& name);

StreamKeys stream_keys(const Key& packet, const StreamNonce& client, const StreamNonce& server);

}  // namespace reprise::seal
