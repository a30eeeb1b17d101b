#include "seal/session_name.hpp"

#include <string.h>
#include <time.h>

#include <algorithm>
#include <stdexcept>

#include <openssl/crypto.h>
#include <openssl/rand.h>

namespace reprise::seal {
namespace {

constexpr std::size_t block_size = 16;
constexpr unsigned char version = 0x10;  // and no flags

// Where things stand in the block.
constexpr std::size_t node_at = 1;
constexpr std::size_t clock_at = 3;
constexpr std::size_t random_at = 6;

EVP_CIPHER_CTX* aes(const Key& key) {
  EVP_CIPHER_CTX* const context = ::EVP_CIPHER_CTX_new();
  if (context == nullptr ||
      ::EVP_EncryptInit_ex(context, ::EVP_aes_256_ecb(), nullptr, key.data(), nullptr) != 1 ||
      ::EVP_CIPHER_CTX_set_padding(context, 0) != 1) {
    ::EVP_CIPHER_CTX_free(context);
    throw std::runtime_error("OpenSSL cannot make session ids");
  }
  return context;
}

}  // namespace

SessionNames::SessionNames(const NameKeyList& keys) : count_(keys.count) {
  for (std::size_t i = 0; i < count_; ++i) {
    ciphers_[i].mask.reset(aes(keys.list[i].mask));
    ciphers_[i].tag.reset(aes(keys.list[i].tag));
  }
}

bool SessionNames::encrypt(EVP_CIPHER_CTX* cipher, const Block& in, Block& out) noexcept {
  int size = 0;
  return ::EVP_EncryptUpdate(cipher, out.data(), &size, in.data(), block_size) == 1 &&
         size == block_size;
}

std::optional<SessionName> SessionNames::make(const Origin& origin, const Random& random) noexcept {
  if (count_ == 0) return std::nullopt;
  Block message{};
  message[0] = version;
  for (std::size_t i = 0; i < 2; ++i)
    message[node_at + i] = static_cast<unsigned char>(origin.node >> (8 * i));
  for (std::size_t i = 0; i < 3; ++i)
    message[clock_at + i] = static_cast<unsigned char>(origin.clock >> (8 * i));
  std::copy(random.begin(), random.end(), message.begin() + random_at);
  Block tag{};
  Block mask{};
  if (!encrypt(ciphers_[0].tag.get(), message, tag)) return std::nullopt;
  if (!encrypt(ciphers_[0].mask.get(), tag, mask)) return std::nullopt;
  SessionName name{};
  std::copy(tag.begin(), tag.end(), name.begin());
  for (std::size_t i = 0; i < block_size; ++i)
    name[block_size + i] = message[i] ^ mask[i];
  return name;
}

std::optional<Origin> SessionNames::read(Bytes id) noexcept {
  if (id.size() != session_name_size) return std::nullopt;
  const auto* const bytes = reinterpret_cast<const unsigned char*>(id.data());
  Block told{};
  std::copy_n(bytes, block_size, told.begin());
  for (std::size_t k = 0; k < count_; ++k) {
    Block message{};
    Block tag{};
    if (!encrypt(ciphers_[k].mask.get(), told, message)) continue;
    for (std::size_t i = 0; i < block_size; ++i)
      message[i] ^= bytes[block_size + i];
    if (!encrypt(ciphers_[k].tag.get(), message, tag)) continue;
    if (::CRYPTO_memcmp(tag.data(), told.data(), block_size) != 0) continue;
    if (message[0] != version) return std::nullopt;
    Origin origin;
    origin.node = static_cast<std::uint16_t>(message[node_at] | message[node_at + 1] << 8);
    for (std::size_t i = 0; i < 3; ++i)
      origin.clock |= std::uint32_t{message[clock_at + i]} << (8 * i);
    return origin;
  }
  return std::nullopt;
}

std::optional<SessionNames::Random> NameRandom::take() noexcept {
  SessionNames::Random random{};
  if (pool_.size() - used_ < random.size()) {
    if (::RAND_bytes(pool_.data(), static_cast<int>(pool_.size())) != 1) return std::nullopt;
    used_ = 0;
  }
  std::copy_n(pool_.begin() + static_cast<std::ptrdiff_t>(used_), random.size(), random.begin());
  ::explicit_bzero(pool_.data() + used_, random.size());
  used_ += random.size();
  // Two copies of a running machine have equal pools, not equal nanoseconds.
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  for (std::size_t i = 0; i < 4; ++i)
    random[i] ^= static_cast<unsigned char>(now.tv_nsec >> (8 * i));
  random[4] ^= static_cast<unsigned char>(now.tv_sec);
  return random;
}

}  // namespace reprise::seal
