#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.hpp"
#include "protocol/uwsgi_packet.hpp"

namespace reprise::subscription::testing {
namespace {

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

// Everything that a uWSGI was recorded to send, by the name of its recording.
std::vector<std::pair<std::string, std::string>> recorded() {
  std::vector<std::pair<std::string, std::string>> packets;
  const std::string folder = std::string(TEST_DATA) + "/unit/subscription/vectors";
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    std::ifstream lines(file.path());
    for (std::string line; std::getline(lines, line);)
      if (!line.empty()) packets.emplace_back(file.path().stem(), from_hex(line));
  }
  return packets;
}

Announcement first_of(const std::string& name) {
  static std::vector<std::pair<std::string, std::string>> all = recorded();
  for (const auto& [recording, packet] : all)
    if (recording == name) return std::get<Announcement>(read(packet));
  throw std::runtime_error("no recording " + name);
}

std::string packet(const std::vector<std::pair<std::string, std::string>>& fields,
                   std::uint8_t modifier1 = packet_modifier, std::uint8_t modifier2 = 0) {
  std::string bytes(8192, '\0');
  protocol::PacketWriter writer(bytes);
  for (const auto& [key, value] : fields)
    writer.add(key, value);
  return std::string(writer.finish(modifier1, modifier2).value());
}

Rejection refused(const std::string& bytes) {
  return std::get<Rejection>(read(bytes));
}

TEST(Announcement, EveryRecordedPacketIsUnderstoodAndMadeAgainByteForByte) {
  const auto packets = recorded();
  EXPECT_GE(packets.size(), 50U);
  for (const auto& [name, bytes] : packets) {
    const auto result = read(bytes);
    ASSERT_TRUE(std::holds_alternative<Announcement>(result)) << name;
    const auto& announcement = std::get<Announcement>(result);
    EXPECT_EQ(finish(begin(announcement), announcement.sign), bytes) << name;
  }
}

TEST(Announcement, FieldsOfRecordings) {
  const Announcement plain = first_of("subscribe-to");
  EXPECT_EQ(plain.key, "app.example");
  EXPECT_EQ(plain.address, "127.0.0.1:18031");
  EXPECT_EQ(plain.cores, 1U);
  EXPECT_FALSE(plain.leaves);
  EXPECT_FALSE(plain.unix);
  const Announcement full = first_of("subscribe2-all");
  EXPECT_EQ(full.weight, 3U);
  EXPECT_EQ(full.modifier1, 4);
  EXPECT_EQ(full.modifier2, 6);
  EXPECT_EQ(full.sni_key, "/k");
  EXPECT_EQ(full.sni_crt, "/c");
  EXPECT_EQ(full.sni_ca, "/a");
  EXPECT_EQ(first_of("subscribe-to-port").key, "app.example:8080");
  EXPECT_EQ(first_of("subscribe-notify").notify, "/tmp/rw/run/n.sock");
  const Announcement with_signature = first_of("subscribe-to-signed");
  EXPECT_EQ(with_signature.sign.size(), 256U);
  EXPECT_EQ(with_signature.unix, 1795436096U);
  EXPECT_THAT(std::string(with_signature.signed_part), ::testing::EndsWith("1795436096"));
}

TEST(Announcement, ALeaveIsOne) {
  std::size_t leaves = 0;
  for (const auto& [name, bytes] : recorded())
    leaves += std::get<Announcement>(read(bytes)).leaves ? 1 : 0;
  EXPECT_GE(leaves, 5U);
}

TEST(Announcement, KeysToTheLastByte) {
  const auto with_key = [](std::size_t size) {
    return packet({{"key", std::string(size, 'k')}, {"address", "127.0.0.1:1"}});
  };
  EXPECT_EQ(std::get<Announcement>(read(with_key(255))).key.size(), 255U);
  EXPECT_EQ(refused(with_key(256)), Rejection::long_key);
  EXPECT_EQ(refused(with_key(3000)), Rejection::long_key);
  EXPECT_EQ(refused(with_key(0)), Rejection::bad_key);
}

TEST(Announcement, WhatIsRefused) {
  const std::pair<std::string, std::string> key{"key", "k"}, address{"address", "127.0.0.1:1"};
  EXPECT_EQ(refused(""), Rejection::malformed);
  EXPECT_EQ(refused("\xe0"), Rejection::malformed);
  EXPECT_EQ(refused(packet({key, address}, 0)), Rejection::malformed);
  EXPECT_EQ(refused(packet({key, address}, packet_modifier, 200)), Rejection::malformed);
  const std::string good = packet({key, address});
  EXPECT_EQ(refused(good.substr(0, good.size() - 1)), Rejection::malformed);
  EXPECT_EQ(refused(good + "x"), Rejection::malformed);
  EXPECT_EQ(refused(packet({{"key", "a\nb"}, address})), Rejection::bad_key);
  EXPECT_EQ(refused(packet({key})), Rejection::bad_address);
  EXPECT_EQ(refused(packet({key, {"address", std::string(256, 'a')}})), Rejection::bad_address);
  EXPECT_EQ(refused(packet({key, address, {"weight", "x"}})), Rejection::bad_number);
  EXPECT_EQ(refused(packet({key, address, {"modifier1", "256"}})), Rejection::bad_number);
  EXPECT_EQ(refused(packet({key, address, {"load", "-1"}})), Rejection::bad_number);
  EXPECT_EQ(refused(packet({key, address, {"fill", std::string(4100, 'f')}})),
            Rejection::too_large);
  EXPECT_EQ(refused(packet({key, address, {"sign", "s"}, {"address", "10.0.0.1:1"}})),
            Rejection::malformed)
      << "what is not signed can not be told from what is";
}

TEST(Announcement, WhatMeansNothingAndWhatCountsLast) {
  const std::string bytes = packet({{"key", "k"},
                                    {"colour", "red"},
                                    {"key", "k2"},
                                    {"address", "127.0.0.1:1"},
                                    {"weight", "18446744073709551615"},
                                    {"cores", ""}});
  const auto announcement = std::get<Announcement>(read(bytes));
  EXPECT_EQ(announcement.key, "k2");
  EXPECT_EQ(announcement.weight, largest_weight);
  EXPECT_EQ(announcement.cores, 0U);
}

}  // namespace
}  // namespace reprise::subscription::testing
