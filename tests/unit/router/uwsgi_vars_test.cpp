#include "router/uwsgi_vars.hpp"

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <boost/property_tree/json_parser.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/head_finder.hpp"
#include "protocol/uwsgi_packet.hpp"

namespace reprise::router {
namespace {

using protocol::Status;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsSupersetOf;
using ::testing::Not;
using Variables = std::vector<std::pair<std::string, std::string>>;

// What the host is called in the recorded packets.
constexpr const char* host_name = "router.test";

class UwsgiVarsTest : public ::testing::Test {
protected:
  UwsgiVarsTest() {
    facts_.remote_address = "127.0.0.1";
    facts_.remote_port = "40000";
    facts_.server_port = "8080";
  }

  // Encodes the request at the front of `text`, and decodes what came of it.
  Status encode(const std::string& text) {
    text_ = text;
    variables_.clear();
    protocol::HeadFinder finder;
    EXPECT_EQ(finder.look(text_), protocol::HeadFinder::State::complete);
    const Bytes bytes = Bytes(text_).substr(finder.begin(), finder.end() - finder.begin());
    EXPECT_EQ(protocol::parse_request_head(bytes, {}, head_), Status::ok) << text_;
    memory_.assign(room_, '\x55');
    const PacketResult result = encode_request(head_, facts_, settings_, host_name, memory_);
    if (result.status != Status::ok) return result.status;
    EXPECT_EQ(result.packet.data(), memory_.data());
    const auto packet = protocol::read_packet(result.packet);
    EXPECT_TRUE(packet);
    if (!packet) return Status::ok;
    EXPECT_EQ(packet->rest, "");
    modifiers_ = {packet->modifier1, packet->modifier2};
    variables_.assign(packet->variables.begin(), packet->variables.end());
    return Status::ok;
  }
  // A GET with these field lines behind Host.
  Status with(const std::string& fields) {
    return encode("GET / HTTP/1.1\r\nHost: a.test\r\n" + fields + "\r\n");
  }
  std::string value(const std::string& name) const {
    for (const auto& [key, text] : variables_) {
      if (key == name) return text;
    }
    return "(none)";
  }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& each : variables_)
      names.push_back(each.first);
    return names;
  }

  Settings settings_;
  ConnectionFacts facts_;
  protocol::RequestHead head_;
  std::size_t room_ = 65536;
  std::string text_;
  std::vector<char> memory_;
  Variables variables_;
  std::pair<int, int> modifiers_;
};

TEST_F(UwsgiVarsTest, StandInUwsgisOrder) {
  facts_.https = true;
  ASSERT_EQ(with("X-Last: 1\r\n"), Status::ok);
  EXPECT_THAT(names(), ElementsAre("REQUEST_METHOD", "REQUEST_URI", "PATH_INFO", "QUERY_STRING",
                                   "SERVER_PROTOCOL", "SCRIPT_NAME", "SERVER_NAME", "SERVER_PORT",
                                   "UWSGI_ROUTER", "HTTPS", "REMOTE_ADDR", "REMOTE_PORT",
                                   "HTTP_HOST", "HTTP_X_LAST"));
}

TEST_F(UwsgiVarsTest, ClientCertificateIsThereIfThereIsOne) {
  const tls::Peer peer{std::string("\x30\x00\xff", 3), "/CN=one", "-----BEGIN"};
  facts_.https = true;
  ASSERT_EQ(with(""), Status::ok);
  EXPECT_EQ(value("HTTPS_DN"), "(none)");
  facts_.peer = &peer;
  ASSERT_EQ(with(""), Status::ok);
  EXPECT_EQ(value("HTTPS_CLIENT_CERTIFICATE"), peer.der);
  EXPECT_EQ(value("HTTPS_DN"), "/CN=one");
  EXPECT_EQ(value("HTTPS_CC"), "(none)");
  settings_.export_client_certificate = true;
  ASSERT_EQ(with(""), Status::ok);
  EXPECT_EQ(value("HTTPS_CC"), "-----BEGIN");
}

TEST_F(UwsgiVarsTest, WhatCouldPassForSomethingElseIsDropped) {
  ASSERT_EQ(with("Proxy: evil\r\nX_Real: evil\r\nContent_Length: 7\r\nX-Real: good\r\n"),
            Status::ok);
  EXPECT_EQ(value("HTTP_PROXY"), "(none)");
  EXPECT_EQ(value("HTTP_X_REAL"), "good");
  EXPECT_EQ(value("CONTENT_LENGTH"), "(none)");
  EXPECT_THAT(names(), Not(Contains("HTTP_CONTENT_LENGTH")));
}

TEST_F(UwsgiVarsTest, AClientCannotSetAVariableOfOurs) {
  ASSERT_EQ(with("HTTPS: on\r\nRemote-Addr: 1.2.3.4\r\nHTTPS-DN: /CN=root\r\n"), Status::ok);
  EXPECT_EQ(value("HTTPS"), "(none)");
  EXPECT_EQ(value("HTTP_HTTPS"), "on");
  EXPECT_EQ(value("REMOTE_ADDR"), "127.0.0.1");
  EXPECT_EQ(value("HTTPS_DN"), "(none)");
}

TEST_F(UwsgiVarsTest, LengthAndTypeHaveNamesOfTheirOwn) {
  ASSERT_EQ(
      encode("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0007\r\nContent-Type: x/y\r\n\r\n"),
      Status::ok);
  EXPECT_EQ(value("CONTENT_LENGTH"), "7") << "a canonical number";
  EXPECT_EQ(value("CONTENT_TYPE"), "x/y");
  EXPECT_THAT(names(), Not(Contains("HTTP_CONTENT_TYPE")));
}

TEST_F(UwsgiVarsTest, FieldsOfOneNameAreOneVariable) {
  ASSERT_EQ(with("X-A: 1\r\nCookie: a=1\r\nx-a: 2\r\ncookie: b=2\r\nX-A: 3\r\n"), Status::ok);
  EXPECT_EQ(value("HTTP_X_A"), "1, 2, 3");
  EXPECT_EQ(value("HTTP_COOKIE"), "a=1; b=2");
  EXPECT_EQ(std::ranges::count(names(), "HTTP_X_A"), 1);
}

TEST_F(UwsgiVarsTest, AnAbsoluteTargetReplacesHost) {
  ASSERT_EQ(encode("GET http://b.test:8/p?q HTTP/1.1\r\nHost: a.test\r\n\r\n"), Status::ok);
  EXPECT_EQ(value("REQUEST_URI"), "/p?q");
  EXPECT_EQ(value("PATH_INFO"), "/p");
  EXPECT_EQ(value("QUERY_STRING"), "q");
  EXPECT_EQ(value("HTTP_HOST"), "b.test:8");
  ASSERT_EQ(encode("GET http://b.test HTTP/1.0\r\n\r\n"), Status::ok);
  EXPECT_EQ(value("REQUEST_URI"), "/");
  EXPECT_EQ(value("HTTP_HOST"), "b.test") << "even without a Host field";
}

TEST_F(UwsgiVarsTest, PathIsDecodedAndResolved) {
  ASSERT_EQ(encode("GET /a/%2e%2e/b%20c?d=%20 HTTP/1.0\r\n\r\n"), Status::ok);
  EXPECT_EQ(value("PATH_INFO"), "/b c");
  EXPECT_EQ(value("REQUEST_URI"), "/a/%2e%2e/b%20c?d=%20");
  EXPECT_EQ(value("QUERY_STRING"), "d=%20");
  EXPECT_EQ(value("SERVER_PROTOCOL"), "HTTP/1.0");
  EXPECT_EQ(encode("GET /%zz HTTP/1.0\r\n\r\n"), Status::bad_request);
  EXPECT_EQ(encode("GET /%00?q HTTP/1.0\r\n\r\n"), Status::bad_request);
}

TEST_F(UwsgiVarsTest, ConfiguredOnesComeLast) {
  settings_.variables = {{"A", "1"}, {"HTTP_HOST", "other"}};
  settings_.modifier1 = 5;
  settings_.modifier2 = 255;
  ASSERT_EQ(with("X-B: 2\r\n"), Status::ok);
  ASSERT_GE(variables_.size(), 2U);
  EXPECT_EQ(variables_[variables_.size() - 2], (std::pair<std::string, std::string>("A", "1")));
  EXPECT_EQ(variables_.back().second, "other");
  EXPECT_EQ(modifiers_, std::pair(5, 255));
}

// Whatever the room, either the whole packet is there or 431, and nothing is written behind it.
TEST_F(UwsgiVarsTest, FitsOrIsRefused) {
  const std::string request =
      "POST /some/path?query HTTP/1.1\r\nHost: a.test\r\nX-A: 1\r\nX-A: 2\r\n"
      "Content-Length: 5\r\n\r\n";
  ASSERT_EQ(encode(request), Status::ok);
  const Variables all = variables_;
  std::size_t size = protocol::PacketWriter::header_size;
  for (const auto& [name, text] : all)
    size += 4 + name.size() + text.size();
  for (room_ = 0; room_ < size; ++room_) {
    EXPECT_EQ(encode(request), Status::header_fields_too_large) << room_;
  }
  for (room_ = size; room_ < size + 3; ++room_) {
    EXPECT_EQ(encode(request), Status::ok) << room_;
    EXPECT_EQ(variables_, all);
    EXPECT_EQ(
        std::count(memory_.begin() + static_cast<std::ptrdiff_t>(size), memory_.end(), '\x55'),
        static_cast<std::ptrdiff_t>(room_ - size));
  }
}

TEST_F(UwsgiVarsTest, ABlockIsNoLargerThanItsLengthCanSay) {
  room_ = 200000;
  EXPECT_EQ(with("X-A: " + std::string(60000, 'x') + "\r\n"), Status::ok);
  EXPECT_EQ(with("X-A: " + std::string(65536, 'x') + "\r\n"), Status::header_fields_too_large);
}

TEST(PortOf, IsBehindTheLastColon) {
  EXPECT_EQ(port_of("127.0.0.1:8443"), "8443");
  EXPECT_EQ(port_of(":80"), "80");
  EXPECT_EQ(port_of("[::1]:443"), "443");
  EXPECT_EQ(port_of("/run/a.sock"), "");
}

// The packets that uWSGI's own router sent (tests/e2e/vectors).

namespace json = boost::property_tree;

std::string unhex(const std::string& digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  return bytes;
}

Variables variables_of(const json::ptree& vector) {
  Variables variables;
  for (const auto& each : vector.get_child("backend.vars")) {
    variables.emplace_back(each.second.front().second.data(), each.second.back().second.data());
  }
  return variables;
}

class RecordedPacketTest : public UwsgiVarsTest {
protected:
  // The connection as the packet tells of it.
  void take_connection_from(const Variables& recorded) {
    variables_ = recorded;
    facts_.remote_address = value("REMOTE_ADDR");
    facts_.remote_port = value("REMOTE_PORT");
    server_port_ = value("SERVER_PORT");
    facts_.server_port = server_port_;
    facts_.https = value("HTTPS") == "on";
    peer_ = {value("HTTPS_CLIENT_CERTIFICATE"), value("HTTPS_DN"), value("HTTPS_CC")};
    facts_.peer = peer_.dn == "(none)" ? nullptr : &peer_;
    settings_.export_client_certificate = peer_.pem != "(none)";
  }
  void take_options_from(const json::ptree& options) {
    settings_.variables.clear();
    settings_.modifier1 = settings_.modifier2 = 0;
    for (auto each = options.begin(); each != options.end(); ++each) {
      const std::string name = each->second.data();
      if (std::next(each) == options.end()) break;
      const std::string text = std::next(each)->second.data();
      if (name == "--http-modifier1") settings_.modifier1 = std::stoi(text);
      if (name == "--http-modifier2") settings_.modifier2 = std::stoi(text);
      if (name == "--http-var") {
        const std::size_t equals = text.find('=');
        if (equals == std::string::npos) continue;  // not one that arrives here
        settings_.variables.emplace_back(text.substr(0, equals), text.substr(equals + 1));
      }
    }
  }
  static std::string request_of(const json::ptree& sent) {
    std::string bytes;
    for (const auto& part : sent) {
      const std::string& text = part.second.data();
      if (text.find('.') == std::string::npos) bytes += unhex(text);  // else a pause, in seconds
    }
    return bytes;
  }

  std::string server_port_;
  tls::Peer peer_;
};

TEST_F(RecordedPacketTest, IsTheSame) {
  int files = 0;
  for (const auto& file : std::filesystem::directory_iterator(TEST_DATA "/e2e/vectors")) {
    SCOPED_TRACE(file.path().filename().string());
    json::ptree vector;
    json::read_json(file.path().string(), vector);
    const Variables recorded = variables_of(vector);
    take_connection_from(recorded);
    take_options_from(vector.get_child("options"));
    ASSERT_EQ(encode(request_of(vector.get_child("client.sent"))), Status::ok);
    EXPECT_EQ(variables_, recorded);
    const auto& modifiers = vector.get_child("backend.modifiers");
    EXPECT_EQ(modifiers_, std::pair(std::stoi(modifiers.front().second.data()),
                                    std::stoi(modifiers.back().second.data())));
    ++files;
  }
  EXPECT_GE(files, 17);
}

}  // namespace
}  // namespace reprise::router
