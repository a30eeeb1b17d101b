#include "protocol/uwsgi_packet.hpp"

#include <array>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace reprise::protocol {
namespace {

using namespace std::string_view_literals;

TEST(UwsgiPacket, TheSmallestOne) {
  std::array<char, 64> memory{};
  PacketWriter writer(memory);
  writer.add("KEY", "VAL");
  EXPECT_EQ(writer.finish(0, 0), "\x00\x0a\x00\x00\x03\x00KEY\x03\x00VAL"sv);
}

TEST(UwsgiPacket, ComesBackAsItWent) {
  std::vector<char> memory(70000);
  const std::string big(60000, 'v');
  PacketWriter writer(memory);
  writer.add("A", "");
  writer.begin_header("x-Some-name");
  writer.append("one");
  writer.append(", two");
  writer.end_value();
  writer.add("BIG", big);
  const auto bytes = writer.finish(9, 1);
  ASSERT_TRUE(bytes);
  const auto packet = read_packet(std::string(*bytes) + "body");
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->modifier1, 9);
  EXPECT_EQ(packet->modifier2, 1);
  ASSERT_EQ(packet->variables.size(), 3U);
}

TEST(UwsgiPacket, HeadersBecomeVariables) {
  std::array<char, 64> memory{};
  PacketWriter writer(memory);
  writer.begin_header("x-Some-name1");
  writer.append("v");
  writer.end_value();
  const auto bytes = writer.finish(0, 0);
  ASSERT_TRUE(bytes);
  const auto packet = read_packet(*bytes);
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->variables.front().first, "HTTP_X_SOME_NAME1");
  EXPECT_EQ(packet->variables.front().second, "v");
}

TEST(UwsgiPacket, OverTheRoomThereIsNone) {
  std::array<char, 14> exact{};
  PacketWriter fits(exact);
  fits.add("KEY", "VAL");
  EXPECT_TRUE(fits.finish(0, 0));
  PacketWriter too_small(Buffer(exact).first(13));
  too_small.add("KEY", "VAL");
  too_small.add("K", "");
  EXPECT_TRUE(too_small.overflowed());
  EXPECT_FALSE(too_small.finish(0, 0));
}

TEST(UwsgiPacket, TheBlockIsAtMost65535Bytes) {
  std::vector<char> memory(100000);
  PacketWriter fits(memory);
  fits.add("K", std::string(65535 - 5, 'v'));
  EXPECT_EQ(fits.finish(0, 0)->size(), 65539U);
  PacketWriter too_large(memory);
  too_large.add("K", std::string(65536 - 5, 'v'));
  EXPECT_FALSE(too_large.finish(0, 0));
}

TEST(UwsgiPacket, ReadsOnlyWhatIsWhole) {
  const std::string good("\x00\x0a\x00\x00\x03\x00KEY\x03\x00VAL"sv);
  ASSERT_TRUE(read_packet(good));
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(read_packet(good.substr(0, size)));
  EXPECT_EQ(read_packet(good + "rest")->rest, "rest");
  EXPECT_FALSE(read_packet("\x00\x01\x00\x00\x00"sv));               // a stray byte
  EXPECT_FALSE(read_packet("\x00\x04\x00\x00\x00\x00\x00\x00"sv));   // an empty key
  EXPECT_FALSE(read_packet("\x00\x05\x00\x00\x01\x00K\x05\x00"sv));  // a value over the end
}

}  // namespace
}  // namespace reprise::protocol
