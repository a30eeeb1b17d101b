#pragma once

#include <memory>
#include <stdexcept>

#include <openssl/evp.h>

#include "base/bytes.hpp"
#include "seal/keys.hpp"

namespace reprise::seal {

// What the sealed formats need of OpenSSL's ciphers alike.

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { ::EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

// Throws std::runtime_error unless `result` is success.
inline void check_sealing(int result) {
  if (result != 1) throw std::runtime_error("OpenSSL cannot seal");
}

inline CipherContext make_context() {
  CipherContext context(::EVP_CIPHER_CTX_new());
  check_sealing(context ? 1 : 0);
  return context;
}

inline const EVP_CIPHER* type_of(Cipher cipher) {
  return cipher == Cipher::aes_256_gcm ? ::EVP_aes_256_gcm() : ::EVP_chacha20_poly1305();
}

inline const unsigned char* raw(Bytes bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace reprise::seal
