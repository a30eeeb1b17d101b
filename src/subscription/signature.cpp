#include "subscription/signature.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <stdexcept>

#include <openssl/evp.h>
#include <openssl/pem.h>

namespace reprise::subscription {
namespace {

constexpr std::size_t most_kept_keys = 4096;

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

using File = std::unique_ptr<std::FILE, Close>;
using Context = std::unique_ptr<EVP_MD_CTX, Close>;

// A key with a password is not asked for one: there is no terminal.
int no_password(char*, int, int, void*) {
  return -1;
}

Key owned(EVP_PKEY* key) {
  return key == nullptr ? nullptr : Key(key, EVP_PKEY_free);
}

const unsigned char* unsigned_bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

bool is_safe(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' ||
         c == '_' || c == '-';
}

}  // namespace

Key read_private_key(const std::string& file) {
  const File stream(std::fopen(file.c_str(), "re"));
  if (!stream) throw std::runtime_error(file + ": " + std::strerror(errno));
  Key key = owned(PEM_read_PrivateKey(stream.get(), nullptr, no_password, nullptr));
  if (!key) throw std::runtime_error(file + ": a private key in PEM without a password expected");
  return key;
}

Key read_public_key(const std::string& file) {
  const File stream(std::fopen(file.c_str(), "re"));
  if (!stream) throw std::runtime_error(file + ": " + std::strerror(errno));
  Key key = owned(PEM_read_PUBKEY(stream.get(), nullptr, no_password, nullptr));
  if (!key) throw std::runtime_error(file + ": a public key in PEM expected");
  return key;
}

void check_digest(const std::string& name) {
  if (EVP_get_digestbyname(name.c_str()) != nullptr) return;
  throw std::runtime_error("unable to find digest algorithm: " + name +
                           "\na digest of OpenSSL expected, e.g. SHA256");
}

std::string sign(const Key& key, const std::string& digest, Bytes bytes) {
  const Context context(EVP_MD_CTX_new());
  const EVP_MD* const md = EVP_get_digestbyname(digest.c_str());
  if (!context || EVP_DigestSignInit(context.get(), nullptr, md, nullptr, key.get()) != 1)
    return {};
  std::size_t size = 0;
  const auto* const data = unsigned_bytes(bytes);
  if (EVP_DigestSign(context.get(), nullptr, &size, data, bytes.size()) != 1) return {};
  std::string signature(size, '\0');
  auto* const into = reinterpret_cast<unsigned char*>(signature.data());
  if (EVP_DigestSign(context.get(), into, &size, data, bytes.size()) != 1) return {};
  signature.resize(size);
  return signature;
}

Verifier::Verifier(const SignCheck& settings) : settings_(settings) {
  check_digest(settings.digest);
  struct stat status {};
  if (::stat(settings.directory.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
    throw std::runtime_error("no directory: " + settings.directory);
  }
}

std::string Verifier::file_of(std::string_view key) const {
  std::string name(key);
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !is_safe(c); }, '_');
  return settings_.directory + "/" + name + ".pem";
}

Key Verifier::public_key(const std::string& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return nullptr;
  const timespec& changed = status.st_mtim;
  if (const auto found = keys_.find(file); found != keys_.end()) {
    const Cached& kept = found->second;
    const bool same =
        kept.changed.tv_sec == changed.tv_sec && kept.changed.tv_nsec == changed.tv_nsec;
    if (same) return kept.key;
  }
  const File stream(std::fopen(file.c_str(), "re"));
  if (!stream) return nullptr;
  Key key = owned(PEM_read_PUBKEY(stream.get(), nullptr, no_password, nullptr));
  if (keys_.size() >= most_kept_keys) keys_.clear();
  keys_[file] = {changed, key};
  return key;
}

bool Verifier::verify(std::string_view key, Bytes bytes, std::string_view signature) {
  const Key public_part = public_key(file_of(key));
  const Context context(EVP_MD_CTX_new());
  if (!public_part || !context) return false;
  const EVP_MD* const md = EVP_get_digestbyname(settings_.digest.c_str());
  return EVP_DigestVerifyInit(context.get(), nullptr, md, nullptr, public_part.get()) == 1 &&
         EVP_DigestVerify(context.get(), unsigned_bytes(signature), signature.size(),
                          unsigned_bytes(bytes), bytes.size()) == 1;
}

}  // namespace reprise::subscription
