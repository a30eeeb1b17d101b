#pragma once

#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <string>

#include <openssl/evp.h>
#include <openssl/pem.h>

namespace reprise::subscription::testing {

// A key pair in two files of a directory of its own.
class KeyPair {
public:
  explicit KeyPair(const std::string& name) {
    char pattern[] = "/tmp/subscription-XXXXXX";
    directory = ::mkdtemp(pattern);
    private_file = directory + "/private";
    EVP_PKEY* const pair = EVP_EC_gen("P-256");
    const auto write = [&](const std::string& path, bool whole) {
      std::FILE* const file = std::fopen(path.c_str(), "w");
      if (whole) PEM_write_PrivateKey(file, pair, nullptr, nullptr, 0, nullptr, nullptr);
      if (!whole) PEM_write_PUBKEY(file, pair);
      std::fclose(file);
    };
    write(private_file, true);
    write(directory + "/" + name + ".pem", false);
    EVP_PKEY_free(pair);
  }
  ~KeyPair() { std::filesystem::remove_all(directory); }

  std::string directory;
  std::string private_file;
};

}  // namespace reprise::subscription::testing
