#include "seal/envelope.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include <openssl/core_names.h>
#include <openssl/params.h>

#include "base/wipe.hpp"
#include "seal/number.hpp"

namespace reprise::seal {
namespace {

constexpr std::string_view magic = "\xC5\x9E";
constexpr unsigned char version = 1;

// Where things stand.
constexpr std::size_t version_at = 2;
constexpr std::size_t kind_at = 3;
constexpr std::size_t key_at = 4;
constexpr std::size_t to_at = 8;
constexpr std::size_t sender_at = 12;
constexpr std::size_t counter_at = 24;

struct FreeAlgorithm {
  void operator()(EVP_MAC* mac) const { ::EVP_MAC_free(mac); }
};

std::unique_ptr<EVP_MAC_CTX, FreeMac> hmac(const Key& key) {
  static const std::unique_ptr<EVP_MAC, FreeAlgorithm> mac(
      ::EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  std::unique_ptr<EVP_MAC_CTX, FreeMac> context(mac ? ::EVP_MAC_CTX_new(mac.get()) : nullptr);
  check_sealing(context ? 1 : 0);
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      ::OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      ::OSSL_PARAM_construct_end()};
  check_sealing(::EVP_MAC_init(context.get(), key.data(), key.size(), parameters));
  return context;
}

// `key`: null for the one that the context has.
bool open_with(EVP_CIPHER_CTX* context, const unsigned char* key, Bytes datagram,
               std::string& plaintext) {
  plaintext.clear();
  if (datagram.size() < overhead) return false;
  const Bytes ciphertext = datagram.substr(header_size + nonce_size, datagram.size() - overhead);
  // OpenSSL reads the tag only, in spite of its type.
  auto* const tag = const_cast<unsigned char*>(raw(datagram) + datagram.size() - tag_size);
  plaintext.resize(ciphertext.size());
  auto* const into = reinterpret_cast<unsigned char*>(plaintext.data());
  int size = 0;
  check_sealing(::EVP_DecryptInit_ex(context, nullptr, nullptr, key, raw(datagram) + header_size));
  check_sealing(::EVP_DecryptUpdate(context, nullptr, &size, raw(datagram), header_size));
  check_sealing(::EVP_DecryptUpdate(context, into, &size, raw(ciphertext),
                                    static_cast<int>(ciphertext.size())));
  check_sealing(::EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, tag_size, tag));
  if (::EVP_DecryptFinal_ex(context, into + size, &size) == 1) return true;
  wipe(plaintext);
  return false;
}

void append_header(const Header& header, std::string& out) {
  out.append(magic);
  out.push_back(static_cast<char>(version));
  out.push_back(static_cast<char>(header.kind));
  out.append(reinterpret_cast<const char*>(header.key.data()), header.key.size());
  append_number(out, header.to, 4);
  out.append(reinterpret_cast<const char*>(header.sender.data()), header.sender.size());
  append_number(out, header.counter, 8);
}

}  // namespace

bool looks_sealed(Bytes datagram) {
  return datagram.starts_with(magic);
}

std::optional<Header> read_header(Bytes datagram, Unreadable& why) {
  const auto no = [&](Unreadable reason) {
    why = reason;
    return std::nullopt;
  };
  if (!looks_sealed(datagram)) return no(Unreadable::magic);
  if (datagram.size() <= version_at) return no(Unreadable::short_datagram);
  if (number_at(datagram, version_at, 1) != version) return no(Unreadable::version);
  if (datagram.size() < overhead) return no(Unreadable::short_datagram);
  const std::uint64_t kind = number_at(datagram, kind_at, 1);
  if (kind > static_cast<std::uint64_t>(Kind::bulk)) return no(Unreadable::kind);
  Header header;
  header.kind = static_cast<Kind>(kind);
  std::copy_n(raw(datagram) + key_at, header.key.size(), header.key.begin());
  header.to = static_cast<std::uint32_t>(number_at(datagram, to_at, 4));
  std::copy_n(raw(datagram) + sender_at, header.sender.size(), header.sender.begin());
  header.counter = number_at(datagram, counter_at, 8);
  return header;
}

SenderCipher::SenderCipher(const SenderKeys& keys, Cipher cipher)
    : nonce_(hmac(keys.nonce)), sealing_(make_context()), opening_(make_context()) {
  const EVP_CIPHER* const type = type_of(cipher);
  check_sealing(::EVP_EncryptInit_ex(sealing_.get(), type, nullptr, keys.seal.data(), nullptr));
  check_sealing(::EVP_DecryptInit_ex(opening_.get(), type, nullptr, keys.seal.data(), nullptr));
}

void SenderCipher::make_nonce(Bytes header, Bytes plaintext, unsigned char* into) {
  std::array<unsigned char, 32> whole{};
  std::size_t size = 0;
  check_sealing(::EVP_MAC_init(nonce_.get(), nullptr, 0, nullptr));  // with the key it has
  check_sealing(::EVP_MAC_update(nonce_.get(), raw(header), header.size()));
  check_sealing(::EVP_MAC_update(nonce_.get(), raw(plaintext), plaintext.size()));
  check_sealing(::EVP_MAC_final(nonce_.get(), whole.data(), &size, whole.size()));
  std::copy_n(whole.begin(), nonce_size, into);
}

void SenderCipher::seal(const Header& header, Bytes plaintext, std::string& out) {
  const std::size_t begin = out.size();
  append_header(header, out);
  std::array<unsigned char, nonce_size> nonce{};
  make_nonce(Bytes(out).substr(begin, header_size), plaintext, nonce.data());
  out.append(reinterpret_cast<const char*>(nonce.data()), nonce.size());
  const std::size_t body = out.size();
  out.resize(body + plaintext.size() + tag_size);
  auto* const at = reinterpret_cast<unsigned char*>(out.data());
  int size = 0;
  check_sealing(::EVP_EncryptInit_ex(sealing_.get(), nullptr, nullptr, nullptr, nonce.data()));
  check_sealing(::EVP_EncryptUpdate(sealing_.get(), nullptr, &size, at + begin, header_size));
  check_sealing(::EVP_EncryptUpdate(sealing_.get(), at + body, &size, raw(plaintext),
                                    static_cast<int>(plaintext.size())));
  check_sealing(::EVP_EncryptFinal_ex(sealing_.get(), at + body + size, &size));
  check_sealing(::EVP_CIPHER_CTX_ctrl(sealing_.get(), EVP_CTRL_AEAD_GET_TAG, tag_size,
                                      at + body + plaintext.size()));
}

bool SenderCipher::open(Bytes datagram, std::string& plaintext) {
  return open_with(opening_.get(), nullptr, datagram, plaintext);
}

NewcomerOpener::NewcomerOpener(Cipher cipher) : deriving_(hmac(Key{})), opening_(make_context()) {
  check_sealing(
      ::EVP_DecryptInit_ex(opening_.get(), type_of(cipher), nullptr, key_->data(), nullptr));
}

// The first block of HKDF's second step is the key of the AEAD (sender_keys).
bool NewcomerOpener::open(const Key& packet, const SenderName& sender, Bytes datagram,
                          std::string& plaintext) {
  static constexpr std::string_view label = "sender";
  static constexpr unsigned char first_block = 1;
  static constexpr Key nothing{};
  static_assert(offsetof(SenderKeys, seal) == 0);
  std::size_t size = 0;
  check_sealing(::EVP_MAC_init(deriving_.get(), packet.data(), packet.size(), nullptr));
  check_sealing(::EVP_MAC_update(deriving_.get(), raw(label), label.size()));
  check_sealing(::EVP_MAC_update(deriving_.get(), sender.data(), sender.size()));
  check_sealing(::EVP_MAC_update(deriving_.get(), &first_block, 1));
  check_sealing(::EVP_MAC_final(deriving_.get(), key_->data(), &size, key_->size()));
  check_sealing(::EVP_MAC_init(deriving_.get(), nothing.data(), nothing.size(), nullptr));
  return open_with(opening_.get(), key_->data(), datagram, plaintext);
}

}  // namespace reprise::seal
