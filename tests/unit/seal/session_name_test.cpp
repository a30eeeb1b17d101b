#include "seal/session_name.hpp"

#include <set>

#include <gtest/gtest.h>
#include <openssl/rand.h>

#include "harness.hpp"

namespace reprise::seal {
namespace {

using namespace testing;

CacheKeys keys_of(std::initializer_list<std::string> secrets) {
  const auto made = secrets_of(secrets);
  return derive(*made, "ssl", Cipher::aes_256_gcm);
}

std::string secret(std::size_t i) {
  return bytes_of(vectors().at("secrets").as_array()[i]);
}

TEST(SessionNameTest, AreMadeAndReadAsAnotherProgramMakesThem) {
  for (const auto& value : vectors().at("ids").as_array()) {
    const auto& golden = value.as_object();
    const CacheKeys keys = keys_of({bytes_of(golden.at("secret"))});
    SessionNames names(*keys.names);
    const Origin origin{static_cast<std::uint16_t>(golden.at("node").as_int64()),
                        static_cast<std::uint32_t>(golden.at("clock").as_int64())};
    const auto made = names.make(origin, array_of<10>(bytes_of(golden.at("random"))));
    ASSERT_TRUE(made);
    EXPECT_EQ(text_of(*made), bytes_of(golden.at("id")));
    const auto read = names.read(bytes_of(golden.at("id")));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->node, origin.node);
    EXPECT_EQ(read->clock, origin.clock);
  }
}

TEST(SessionNameTest, ForgedOnesAreToldApart) {
  const CacheKeys keys = keys_of({secret(0)});
  SessionNames names(*keys.names);
  NameRandom random;
  for (int i = 0; i < 50; ++i) {
    const auto made = names.make({7, 100}, *random.take());
    ASSERT_TRUE(made);
    const std::string good = text_of(*made);
    ASSERT_TRUE(names.read(good));
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
      std::string changed = good;
      changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << bit % 8);
      ASSERT_FALSE(names.read(changed));
    }
  }
  std::string noise(32, '\0');
  for (int i = 0; i < 100'000; ++i) {
    RAND_bytes(reinterpret_cast<unsigned char*>(noise.data()), 32);
    ASSERT_FALSE(names.read(noise));
  }
  EXPECT_FALSE(names.read(""));
  EXPECT_FALSE(names.read(std::string(31, 'x')));
}

// Neither half of them shows what they have in common.
TEST(SessionNameTest, LookRandomAndDoNotRepeat) {
  const CacheKeys keys = keys_of({secret(0)});
  SessionNames names(*keys.names);
  NameRandom random;
  std::set<std::string> seen;
  std::array<std::array<int, 256>, 32> histogram{};
  constexpr int count = 100'000;
  for (int i = 0; i < count; ++i) {
    const auto made = names.make({7, 100}, *random.take());
    seen.insert(text_of(*made));
    for (std::size_t at = 0; at < 32; ++at)
      ++histogram[at][(*made)[at]];
  }
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(count));
  for (const auto& bytes : histogram) {
    double chi = 0;
    for (const int hits : bytes) {
      const double expected = count / 256.0;
      chi += (hits - expected) * (hits - expected) / expected;
    }
    EXPECT_LT(chi, 400);  // of 255 degrees of freedom: above it once in 10^8
  }
}

TEST(SessionNameTest, OldSecretsReadAndTheFirstMakes) {
  const CacheKeys old_keys = keys_of({secret(0)});
  const CacheKeys new_keys = keys_of({secret(1)});
  const CacheKeys both_keys = keys_of({secret(1), secret(0)});
  SessionNames old_names(*old_keys.names), new_names(*new_keys.names), both(*both_keys.names);
  NameRandom random;
  const std::string old_name = text_of(*old_names.make({7, 100}, *random.take()));
  EXPECT_TRUE(both.read(old_name));
  EXPECT_FALSE(new_names.read(old_name));
  const std::string made = text_of(*both.make({7, 100}, *random.take()));
  EXPECT_TRUE(new_names.read(made));
  EXPECT_FALSE(old_names.read(made));
}

}  // namespace
}  // namespace reprise::seal
