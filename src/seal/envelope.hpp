#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "seal/evp.hpp"
#include "seal/keys.hpp"

namespace reprise::seal {

// A sealed datagram: a clear header that is authenticated, and a ciphertext with its tag
// (cluster/SEALED.md). What is in it is for the cluster to say.

// Clear, so that load can be shed before anything is opened.
enum class Kind : std::uint8_t { push = 0, ask = 1, control = 2, bulk = 3 };

struct Header {
  Kind kind = Kind::push;
  KeyId key{};
  std::uint32_t to = 0;  // the first four bytes of the addressee's name; 0: everybody
  SenderName sender{};
  std::uint64_t counter = 0;
};

inline constexpr std::size_t header_size = 32;  // what is authenticated
inline constexpr std::size_t nonce_size = 12;
inline constexpr std::size_t tag_size = 16;
inline constexpr std::size_t overhead = header_size + nonce_size + tag_size;

// True for what begins like a sealed datagram, of whatever version.
bool looks_sealed(Bytes datagram);

enum class Unreadable { short_datagram, magic, version, kind };

// What stands in front of the ciphertext. Nothing if it is no datagram of ours; `why` is set then.
std::optional<Header> read_header(Bytes datagram, Unreadable& why);

struct FreeMac {
  void operator()(EVP_MAC_CTX* context) const { ::EVP_MAC_CTX_free(context); }
};

// Seals and opens what one sender says. Not for several threads. No two different messages have one
// nonce in common, whatever the counter is: it is computed from the whole message (HMAC-SHA256).
class SenderCipher {
public:
  // Throws std::runtime_error if OpenSSL fails, here and below.
  SenderCipher(const SenderKeys& keys, Cipher cipher);

  // Appends the datagram to `out`.
  void seal(const Header& header, Bytes plaintext, std::string& out);

  // Of a datagram whose header could be read: what is in it, into `plaintext`. False if it is not
  // what this sender has sealed; `plaintext` is empty then.
  bool open(Bytes datagram, std::string& plaintext);

private:
  void make_nonce(Bytes header, Bytes plaintext, unsigned char* into);

  std::unique_ptr<EVP_MAC_CTX, FreeMac> nonce_;
  CipherContext sealing_;
  CipherContext opening_;
};

// Looks into what a sender said that nobody knows yet. Used again and again, so that a flood of
// made-up names costs little: one HMAC and the opening. Nothing of the cache's key stays in it.
class NewcomerOpener {
public:
  explicit NewcomerOpener(Cipher cipher);

  // As SenderCipher::open, of the sender that the header names.
  bool open(const Key& packet, const SenderName& sender, Bytes datagram, std::string& plaintext);

private:
  std::unique_ptr<EVP_MAC_CTX, FreeMac> deriving_;
  CipherContext opening_;
  Guarded<Key> key_;
};

}  // namespace reprise::seal
