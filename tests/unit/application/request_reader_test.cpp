#include "application/request_reader.hpp"

#include <gmock/gmock.h>

#include "application/served_request.hpp"
#include "harness.hpp"
#include "protocol/uwsgi_packet.hpp"

namespace reprise::application {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using Result = RequestReader::Result;

std::string packet_of(const std::vector<Variable>& variables, std::uint8_t modifier1 = 0) {
  std::string memory(70000, '\0');
  protocol::PacketWriter writer(memory);
  for (const auto& [name, value] : variables)
    writer.add(name, value);
  return std::string(*writer.finish(modifier1, 0));
}

class Reading : public testing::Test {
protected:
  Result read(std::string_view text, Protocol protocol) {
    pair.say(text);
    pair.finish();
    return reader.read(pair.wire, {protocol, "127.0.0.1:8080", "host"},
                       Wire::Clock::time_point::max());
  }

  Pair pair;
  RequestReader reader;
};

TEST_F(Reading, APacketAndWhatIsBehindIt) {
  ASSERT_EQ(read(packet_of({{"A", "b"}, {"CONTENT_LENGTH", "4"}}) + "body", Protocol::uwsgi),
            Result::ok);
  EXPECT_EQ(reader.variables().size(), 2u);
  EXPECT_EQ(reader.body_length().bytes, 4u);
  EXPECT_EQ(reader.ahead(), "body");
}

TEST_F(Reading, TheLargestPacket) {
  const std::string value(65535 - 5, 'x');
  ASSERT_EQ(read(packet_of({{"A", value}}), Protocol::uwsgi), Result::ok);
  EXPECT_EQ(reader.variables().front().second, value);
}

TEST_F(Reading, NothingAndHalfAPacket) {
  EXPECT_EQ(read("", Protocol::uwsgi), Result::nothing);
  Pair other;
  other.say(packet_of({{"A", "b"}}).substr(0, 6));
  other.finish();
  EXPECT_EQ(reader.read(other.wire, {}, Wire::Clock::time_point::max()), Result::malformed);
}

TEST_F(Reading, APacketForAnotherLanguage) {
  EXPECT_EQ(read(packet_of({{"A", "b"}}, 5), Protocol::uwsgi), Result::malformed);
}

TEST_F(Reading, ALengthThatIsNoNumber) {
  EXPECT_EQ(read(packet_of({{"CONTENT_LENGTH", "5abc"}}), Protocol::uwsgi), Result::refused);
  EXPECT_THAT(reader.refusal(), StartsWith("HTTP/1.1 400 "));
}

TEST_F(Reading, AHeadBecomesVariables) {
  ASSERT_EQ(
      read("POST /a?b HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nxy",
           Protocol::http),
      Result::ok);
  EXPECT_EQ(reader.body_length(), (protocol::BodyLength{protocol::BodyLength::Kind::counted, 2}));
  EXPECT_EQ(reader.ahead(), "xy");
  EXPECT_TRUE(reader.expects_continue());
  RequestFacts facts;
  facts.variables = reader.variables();
  EXPECT_EQ(facts.variable("SERVER_PORT"), "8080");
  EXPECT_EQ(facts.variable("HTTP_HOST"), "h");
  for (const char* name : {"UWSGI_ROUTER", "REMOTE_PORT"})
    EXPECT_EQ(facts.variable(name), "");
}

TEST_F(Reading, BadHeadsAreRefused) {
  EXPECT_EQ(read("GET / HTTP/1.1\r\n\r\n", Protocol::http), Result::refused);
  EXPECT_THAT(reader.refusal(), HasSubstr("400"));
}

TEST_F(Reading, AHeadHasABound) {
  EXPECT_EQ(read("GET /" + std::string(66000, 'x'), Protocol::http), Result::refused);
  EXPECT_THAT(reader.refusal(), HasSubstr("414"));
}

}  // namespace
}  // namespace reprise::application
