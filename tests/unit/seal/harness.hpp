#pragma once

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

#include <boost/json.hpp>

#include "seal/keys.hpp"

namespace reprise::seal::testing {

inline std::string bytes_of(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  return bytes;
}
inline std::string bytes_of(const boost::json::value& hex) {
  return bytes_of(std::string_view(hex.as_string()));
}

template <std::size_t n>
std::array<unsigned char, n> array_of(std::string_view bytes) {
  std::array<unsigned char, n> array{};
  std::copy_n(bytes.begin(), std::min(n, bytes.size()), array.begin());
  return array;
}

template <std::size_t n>
std::string text_of(const std::array<unsigned char, n>& array) {
  return {array.begin(), array.end()};
}

inline Guarded<Secrets> secrets_of(std::initializer_list<std::string> secrets) {
  Guarded<Secrets> made;
  for (const std::string& secret : secrets)
    made->list[made->count++] = array_of<secret_size>(secret);
  return made;
}

// tests/golden/sealed/vectors.json, made by another program.
inline const boost::json::object& vectors() {
  static const boost::json::value document = [] {
    std::ostringstream text;
    text << std::ifstream(TEST_DATA "/golden/sealed/vectors.json").rdbuf();
    return boost::json::parse(text.str());
  }();
  return document.as_object();
}

inline Cipher cipher_named(const boost::json::value& name) {
  return name.as_string() == "aes256" ? Cipher::aes_256_gcm : Cipher::chacha20_poly1305;
}

}  // namespace reprise::seal::testing
