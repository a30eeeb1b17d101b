#include "seal/keys.hpp"

#include <memory>
#include <stdexcept>
#include <string>

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "seal/hkdf.hpp"

namespace reprise::seal {
namespace {

constexpr std::string_view salt = "reprise cluster 1";

struct FreeKdf {
  void operator()(EVP_KDF* kdf) const { ::EVP_KDF_free(kdf); }
  void operator()(EVP_KDF_CTX* context) const { ::EVP_KDF_CTX_free(context); }
};

// `text`: the salt of the first step, the label of the second.
void hkdf(int mode, const unsigned char* key, const char* text_name, Bytes text,
          unsigned char* into, std::size_t size) {
  static const std::unique_ptr<EVP_KDF, FreeKdf> kdf(::EVP_KDF_fetch(nullptr, "HKDF", nullptr));
  const std::unique_ptr<EVP_KDF_CTX, FreeKdf> context(kdf ? ::EVP_KDF_CTX_new(kdf.get()) : nullptr);
  char digest[] = "SHA256";
  OSSL_PARAM parameters[] = {
      ::OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
      ::OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
      ::OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, const_cast<unsigned char*>(key),
                                          secret_size),
      ::OSSL_PARAM_construct_octet_string(text_name, const_cast<char*>(text.data()), text.size()),
      ::OSSL_PARAM_construct_end()};
  if (!context || ::EVP_KDF_derive(context.get(), into, size, parameters) != 1) {
    throw std::runtime_error("OpenSSL cannot derive keys (HKDF-SHA256)");
  }
}

std::string cache_label(std::string_view cache, Cipher cipher) {
  std::string label(cipher == Cipher::aes_256_gcm ? "cache" : "cache-chacha20");
  label.push_back('\0');
  label.append(cache);
  return label;
}

}  // namespace

void extract(const Secret& secret, Bytes with_salt, Key& into) {
  hkdf(EVP_KDF_HKDF_MODE_EXTRACT_ONLY, secret.data(), OSSL_KDF_PARAM_SALT, with_salt, into.data(),
       into.size());
}

void expand(const Key& from, Bytes label, unsigned char* into, std::size_t size) {
  hkdf(EVP_KDF_HKDF_MODE_EXPAND_ONLY, from.data(), OSSL_KDF_PARAM_INFO, label, into, size);
}

CacheKeys derive(const Secrets& secrets, std::string_view cache, Cipher cipher) {
  CacheKeys keys;
  Guarded<std::array<Key, 2>> passing;
  auto& [from_secret, root] = *passing;
  for (std::size_t i = 0; i < secrets.count; ++i) {
    extract(secrets.list[i], salt, from_secret);
    expand(from_secret, cache_label(cache, cipher), root.data(), root.size());
    PacketKey& packet = keys.packets->list[i];
    expand(root, "key id", packet.id.data(), packet.id.size());
    expand(root, "packet", packet.packet.data(), packet.packet.size());
    NameKeys& names = keys.names->list[i];
    static_assert(sizeof(NameKeys) == 64);
    expand(root, "session id", reinterpret_cast<unsigned char*>(&names), sizeof(NameKeys));
    for (std::size_t j = 0; j < i; ++j) {
      if (keys.packets->list[j].id == packet.id) {
        throw std::runtime_error("two secrets with one key id: make another secret");
      }
    }
  }
  keys.packets->count = keys.names->count = secrets.count;
  return keys;
}

SenderKeys sender_keys(const Key& packet, const SenderName& name) {
  std::string label("sender");
  label.append(reinterpret_cast<const char*>(name.data()), name.size());
  SenderKeys keys{};
  static_assert(sizeof(SenderKeys) == 64);
  expand(packet, label, reinterpret_cast<unsigned char*>(&keys), sizeof(SenderKeys));
  return keys;
}

StreamKeys stream_keys(const Key& packet, const StreamNonce& client, const StreamNonce& server) {
  std::string label("stream");
  label.append(reinterpret_cast<const char*>(client.data()), client.size());
  label.append(reinterpret_cast<const char*>(server.data()), server.size());
  StreamKeys keys{};
  static_assert(sizeof(StreamKeys) == 64);
  expand(packet, label, reinterpret_cast<unsigned char*>(&keys), sizeof(StreamKeys));
  return keys;
}

}  // namespace reprise::seal
