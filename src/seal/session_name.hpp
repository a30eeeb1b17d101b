#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include <openssl/evp.h>

#include "base/bytes.hpp"
#include "seal/keys.hpp"

namespace reprise::seal {

// Session ids that name where they were made: a synthetic IV over a message of one block
// (cluster/SEALED.md). 32 bytes that look random to whoever has no secret: two ids cannot be
// linked, nor node or time be read; 128 bits tell a forged one.

inline constexpr std::size_t session_name_size = 32;
using SessionName = std::array<unsigned char, session_name_size>;

struct Origin {
  std::uint16_t node = 0;
  std::uint32_t clock = 0;  // seconds of the node's id clock, 24 bits of them
};

// Makes ids and tells them apart. Each process has its own; not for several threads.
class SessionNames {
public:
  // Makes with the first key, tells apart with all. Throws std::runtime_error if OpenSSL fails.
  explicit SessionNames(const NameKeyList& keys);

  // A new id. `random`: 10 bytes that no other id of this node and second has. Nothing if OpenSSL
  // fails.
  using Random = std::array<unsigned char, 10>;
  std::optional<SessionName> make(const Origin& origin, const Random& random) noexcept;

  // Where an id was made; nothing if it was not made with any of the keys. Two blocks of AES for
  // each key.
  std::optional<Origin> read(Bytes id) noexcept;

private:
  struct Free {
    void operator()(EVP_CIPHER_CTX* context) const { ::EVP_CIPHER_CTX_free(context); }
  };
  using Block = std::array<unsigned char, 16>;
  struct Ciphers {
    std::unique_ptr<EVP_CIPHER_CTX, Free> mask;
    std::unique_ptr<EVP_CIPHER_CTX, Free> tag;
  };

  static bool encrypt(EVP_CIPHER_CTX* cipher, const Block& in, Block& out) noexcept;

  std::array<Ciphers, most_secrets> ciphers_;
  std::size_t count_ = 0;
};

// Random bytes for ids from a pool of this process: RAND_bytes costs more than the rest of an id.
// Made before the fork, so it must not be used there: children are to begin with an empty pool.
class NameRandom {
public:
  // Nothing if there are none to be had.
  std::optional<SessionNames::Random> take() noexcept;

private:
  std::array<unsigned char, 4000> pool_{};
  std::size_t used_ = pool_.size();
};

}  // namespace reprise::seal
