#include "store/vault.hpp"

#include <string.h>

#include <algorithm>

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include "base/wipe.hpp"
#include "seal/number.hpp"
#include "store/vault_format.hpp"

namespace reprise::store {
namespace {

using namespace format;

constexpr char base64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// Of bytes in threes.
void append_text(std::string& to, const unsigned char* bytes, std::size_t size) {
  for (std::size_t i = 0; i + 2 < size; i += 3) {
    const unsigned block = static_cast<unsigned>(bytes[i] << 16 | bytes[i + 1] << 8 | bytes[i + 2]);
    for (int shift = 18; shift >= 0; shift -= 6)
      to.push_back(base64url[block >> shift & 63]);
  }
}

const unsigned char* unsigned_data(Bytes bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

std::string plaintext_of(const Entry& entry) {
  std::string text;
  text.reserve(clear_size + entry.der.size());
  seal::append_number(text, entry.created, 8);
  seal::append_number(text, entry.expires, 8);
  text.push_back(entry.identifying ? '\1' : '\0');
  text.append(entry.der);
  return text;
}

Opened read_plaintext(Bytes text, UnixSeconds now, Entry& into) {
  if (text.size() <= clear_size || static_cast<unsigned char>(text[16]) > 1)
    return Opened::malformed;
  into.created = seal::number_at(text, 0, 8);
  into.expires = seal::number_at(text, 8, 8);
  into.identifying = text[16] == 1;
  const bool plausible = into.created <= now + Vault::clock_tolerance &&
                         into.expires > into.created && into.expires - into.created <= longest_life;
  if (!plausible) return Opened::implausible;
  if (into.expires <= now) return Opened::over;
  into.der.assign(text.substr(clear_size));
  return Opened::good;
}

}  // namespace

struct Vault::Derived {
  std::array<unsigned char, 64> bytes{};
  ~Derived() { ::explicit_bzero(bytes.data(), bytes.size()); }
  const unsigned char* name() const { return bytes.data(); }
  const unsigned char* key() const { return bytes.data() + 32; }
};

Vault::Vault(const seal::Guarded<VaultKeys>& keys, std::string prefix)
    : prefix_(std::move(prefix)), cipher_(::EVP_CIPHER_CTX_new()) {
  const std::unique_ptr<EVP_MAC, decltype([](EVP_MAC* mac) { ::EVP_MAC_free(mac); })> hmac(
      ::EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  char digest[] = "SHA512";
  const OSSL_PARAM parameters[] = {
      ::OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      ::OSSL_PARAM_construct_end()};
  for (std::size_t i = 0; i < keys->count; ++i) {
    const VaultKeys::One& key = keys->list[i];
    Root& root = roots_.emplace_back();
    root.id = key.id;
    root.mac.reset(hmac ? ::EVP_MAC_CTX_new(hmac.get()) : nullptr);
    if (!root.mac ||
        ::EVP_MAC_init(root.mac.get(), key.root.data(), key.root.size(), parameters) != 1)
      throw std::runtime_error("OpenSSL cannot make keys of a session store (HMAC-SHA512)");
  }
  if (!cipher_ ||
      ::EVP_CipherInit_ex(cipher_.get(), ::EVP_aes_256_gcm(), nullptr, nullptr, nullptr, 1) != 1)
    throw std::runtime_error("OpenSSL cannot seal (AES-256-GCM)");
}

Vault::Vault(std::string_view cache, std::string prefix)
    : prefix_(std::move(prefix)), cache_(cache) {}

bool Vault::derive(const Root& root, Bytes id, Derived& into) {
  std::size_t size = 0;
  // Without a key: from the beginning, with the one that it has.
  return ::EVP_MAC_init(root.mac.get(), nullptr, 0, nullptr) == 1 &&
         ::EVP_MAC_update(root.mac.get(), unsigned_data(id), id.size()) == 1 &&
         ::EVP_MAC_final(root.mac.get(), into.bytes.data(), &size, into.bytes.size()) == 1 &&
         size == into.bytes.size();
}

std::string Vault::name_of(const Derived& derived) const {
  std::string name = prefix_;
  append_text(name, derived.name(), name_size);
  return name;
}

std::vector<std::string> Vault::names(Bytes id) const {
  std::vector<std::string> all;
  for (const Root& root : roots_) {
    Derived derived;
    if (!derive(root, id, derived)) return {};
    all.push_back(name_of(derived));
  }
  if (!roots_.empty()) return all;
  // Without a secret: an id that is not known cannot be found by its name.
  std::string text("reprise store plain");
  text.push_back('\0');
  text.append(cache_).push_back('\0');
  text.append(id);
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  ::SHA256(unsigned_data(text), text.size(), digest.data());
  std::string& name = all.emplace_back(prefix_);
  append_text(name, digest.data(), name_size);
  return all;
}

std::string Vault::close(Bytes id, const Entry& entry) const {
  std::string plaintext = plaintext_of(entry);
  std::string value;
  value.reserve(header_size + nonce_size + plaintext.size() + tag_size);
  value.append(magic, sizeof magic);
  if (roots_.empty()) {
    value.push_back(plain_version);
    value.append(plaintext);
    wipe(plaintext);
    return value;
  }
  const Root& root = roots_.front();
  value.push_back(sealed_version);
  value.append(reinterpret_cast<const char*>(root.id.data()), root.id.size());
  value.resize(header_size + nonce_size + plaintext.size() + tag_size);
  auto* const out = reinterpret_cast<unsigned char*>(value.data());
  Derived derived;
  int size = 0, last = 0;
  const bool done =
      derive(root, id, derived) && ::RAND_bytes(out + header_size, nonce_size) == 1 &&
      ::EVP_EncryptInit_ex(cipher_.get(), ::EVP_aes_256_gcm(), nullptr, derived.key(),
                           out + header_size) == 1 &&
      ::EVP_EncryptUpdate(cipher_.get(), nullptr, &size, out, header_size) == 1 &&
      ::EVP_EncryptUpdate(cipher_.get(), out + header_size + nonce_size, &size,
                          unsigned_data(plaintext), static_cast<int>(plaintext.size())) == 1 &&
      ::EVP_EncryptFinal_ex(cipher_.get(), out + header_size + nonce_size + size, &last) == 1 &&
      ::EVP_CIPHER_CTX_ctrl(cipher_.get(), EVP_CTRL_AEAD_GET_TAG, tag_size,
                            out + value.size() - tag_size) == 1;
  wipe(plaintext);
  if (!done) value.clear();
  return value;
}

Opened Vault::unseal(Bytes id, Bytes value, std::string& plaintext) const {
  if (value[2] != sealed_version) return Opened::foreign;
  if (value.size() < header_size + nonce_size + tag_size) return Opened::malformed;
  const auto root = std::find_if(roots_.begin(), roots_.end(), [&](const Root& each) {
    return value.substr(3, each.id.size()) ==
           Bytes(reinterpret_cast<const char*>(each.id.data()), each.id.size());
  });
  if (root == roots_.end()) return Opened::foreign;
  Derived derived;
  const unsigned char* const in = unsigned_data(value);
  plaintext.resize(value.size() - header_size - nonce_size - tag_size);
  auto* const out = reinterpret_cast<unsigned char*>(plaintext.data());
  auto* const tag = const_cast<unsigned char*>(in + value.size() - tag_size);
  int size = 0, last = 0;
  const bool done =
      derive(*root, id, derived) &&
      ::EVP_DecryptInit_ex(cipher_.get(), ::EVP_aes_256_gcm(), nullptr, derived.key(),
                           in + header_size) == 1 &&
      ::EVP_DecryptUpdate(cipher_.get(), nullptr, &size, in, header_size) == 1 &&
      ::EVP_DecryptUpdate(cipher_.get(), out, &size, in + header_size + nonce_size,
                          static_cast<int>(plaintext.size())) == 1 &&
      ::EVP_CIPHER_CTX_ctrl(cipher_.get(), EVP_CTRL_AEAD_SET_TAG, tag_size, tag) == 1 &&
      ::EVP_DecryptFinal_ex(cipher_.get(), out + size, &last) == 1;
  if (done) return Opened::good;
  wipe(plaintext);
  return Opened::forged;
}

Opened Vault::open(Bytes id, Bytes value, UnixSeconds now, Entry& into) const {
  into = {};
  if (value.size() < 3 || value.size() > most_value || value.substr(0, 2) != Bytes(magic, 2))
    return Opened::malformed;
  if (roots_.empty()) {
    if (value[2] != plain_version) return Opened::foreign;
    return read_plaintext(value.substr(3), now, into);
  }
  std::string plaintext;
  const Opened opened = unseal(id, value, plaintext);
  if (opened != Opened::good) return opened;
  const Opened read = read_plaintext(plaintext, now, into);
  wipe(plaintext);
  return read;
}

}  // namespace reprise::store
