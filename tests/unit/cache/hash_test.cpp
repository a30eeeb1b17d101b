#include "cache/hash.hpp"

#include <fstream>
#include <iterator>
#include <string>

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace reprise::cache {
namespace {

std::string from_hex(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return out;
}

boost::json::value read_vectors() {
  std::ifstream file(TEST_DATA "/golden/cache/hash.json");
  return boost::json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
}

void expect_vectors(const char* name, Hash function) {
  const boost::json::value vectors = read_vectors();
  const auto& table = vectors.at("hashes").at(name).as_object();
  ASSERT_GT(table.size(), 3u);
  for (const auto& [hex, expected] : table) {
    EXPECT_EQ(hash_of(function, from_hex(hex)), expected.to_number<std::uint32_t>()) << hex;
  }
}

TEST(HashTest, Djb33xIsTheOriginals) {
  expect_vectors("djb33x", Hash::djb33x);
}
TEST(HashTest, Murmur2IsTheOriginals) {
  expect_vectors("murmur2", Hash::murmur2);
}

TEST(HashTest, SipHashDependsOnTheSecretAndEveryByte) {
  const std::string key(37, 'k');
  const std::uint64_t one = siphash(key, {1, 2});
  EXPECT_EQ(siphash(key, {1, 2}), one);
  EXPECT_NE(siphash(key, {1, 3}), one);
  for (std::size_t i = 0; i < key.size(); ++i) {
    std::string other = key;
    other[i] = 'x';
    EXPECT_NE(siphash(other, {1, 2}), one) << i;
  }
  EXPECT_NE(siphash(Bytes(key).substr(1), {1, 2}), one);
}

}  // namespace
}  // namespace reprise::cache
