#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "subscription/settings.hpp"

struct evp_pkey_st;

namespace reprise::subscription {

using Key = std::shared_ptr<evp_pkey_st>;

// A private key from a PEM file without a password. Throws std::runtime_error.
Key read_private_key(const std::string& file);

// A public key from a PEM file. Throws std::runtime_error.
Key read_public_key(const std::string& file);

// Throws std::runtime_error if OpenSSL has no such digest.
void check_digest(const std::string& name);

// RSA PKCS#1 v1.5, or what else the key is for. Empty if it does not work.
std::string sign(const Key& key, const std::string& digest, Bytes bytes);

// Whether `signature` is of `bytes`, by whom may sign for a key.
class Verifier {
public:
  // Throws std::runtime_error for a digest that OpenSSL has not, or a directory that is none.
  explicit Verifier(const SignCheck& settings);

  // The public key's file, with every byte of `key` outside [0-9A-Za-z._-] as '_'.
  std::string file_of(std::string_view key) const;

  // False without a key file, too. Files are read again when they have changed.
  bool verify(std::string_view key, Bytes bytes, std::string_view signature);

private:
  struct Cached {
    timespec changed{};
    Key key;
  };
  Key public_key(const std::string& file);

  SignCheck settings_;
  std::map<std::string, Cached> keys_;  // by file
};

}  // namespace reprise::subscription
