#include "protocol/proxy_header.hpp"

#include <string>

#include <gtest/gtest.h>

namespace reprise::protocol {
namespace {

using std::literals::operator""s;
using State = ProxyHeader::State;

const std::string signature = "\r\n\r\n\0\r\nQUIT\n"s;

// However it comes, it is understood when it is whole and not before.
ProxyHeader read(const std::string& header) {
  for (std::size_t size = 0; size < header.size(); ++size) {
    EXPECT_EQ(read_proxy_header(Bytes(header).substr(0, size)).state, State::incomplete) << size;
  }
  const ProxyHeader whole = read_proxy_header(header + "GET / HTTP/1.1");
  EXPECT_EQ(whole.state, State::complete) << header;
  EXPECT_EQ(whole.size, header.size());
  return whole;
}

TEST(ProxyHeader, Version1) {
  const ProxyHeader v4 = read("PROXY TCP4 192.0.2.1 192.0.2.2 1234 443\r\n");
  EXPECT_EQ(v4.source_host, "192.0.2.1");
  EXPECT_EQ(v4.source_port, 1234U);
  const ProxyHeader v6 = read("PROXY TCP6 2001:db8::1 ::1 65535 0\r\n");
  EXPECT_EQ(v6.source_host, "2001:db8::1");
  EXPECT_EQ(v6.source_port, 65535U);
  EXPECT_EQ(read("PROXY UNKNOWN\r\n").source_host, "");
  EXPECT_EQ(read("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n").source_host, "");
}

TEST(ProxyHeader, Version2) {
  const std::string v4 = "\xc0\x00\x02\x01\xc0\x00\x02\x02\x04\xd2\x01\xbb"s;
  const ProxyHeader header = read(signature + "\x21\x11\x00\x0c"s + v4);
  EXPECT_EQ(header.source_host, "192.0.2.1");
  EXPECT_EQ(header.source_port, 1234U);
  EXPECT_EQ(read(signature + "\x21\x11\x00\x0f"s + v4 + "\x04\x00\x00"s).source_port, 1234U);
  const std::string v6 =
      std::string(15, '\0') + "\x01" + std::string(16, '\0') + "\x00\x01\x00\x02"s;
  EXPECT_EQ(read(signature + "\x21\x21\x00\x24"s + v6).source_host, "::1");
  EXPECT_EQ(read(signature + "\x20\x00\x00\x00"s).source_host, "");
  EXPECT_EQ(read(signature + "\x20\x11\x00\x0c"s + v4).source_host, "");  // LOCAL
}

TEST(ProxyHeader, Malformed) {
  const std::string v4 = "PROXY TCP4 192.0.2.1 192.0.2.2 ";
  for (const std::string& header : {"GET / HTTP/1.1\r\n"s,
                                    "PROXX"s,
                                    "\r\n\r\nG"s,
                                    v4 + "1 2\n",
                                    v4 + "1\r\n",
                                    v4 + "1 2 3\r\n",
                                    v4 + "01 2\r\n",
                                    v4 + "1 65536\r\n",
                                    v4 + "+1 2\r\n",
                                    v4 + "1 2\rX\r\n",
                                    "PROXY TCP4 ::1 ::1 1 2\r\n"s,
                                    "PROXY TCP6 ::1\0x ::1 1 2\r\n"s,
                                    "PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n"s,
                                    "PROXY TCP5 192.0.2.1 192.0.2.2 1 2\r\n"s,
                                    "PROXY  TCP4 192.0.2.1 192.0.2.2 1 2\r\n"s,
                                    "PROXY UNKNOWNX\r\n"s,
                                    "PROXY \r\n"s,
                                    "PROXY "s + std::string(101, 'x'),
                                    signature + "\x11\x11\x00\x0c"s,
                                    signature + "\x22\x11\x00\x0c"s,
                                    signature + "\x21\x11\x00\x0b"s + std::string(11, 'x'),
                                    signature + "\x21\x21\x00\x23"s + std::string(35, 'x'),
                                    signature + "\x21\x11\xff\xff"s}) {
    EXPECT_EQ(read_proxy_header(header).state, State::malformed) << header;
  }
}

TEST(ProxyHeader, ALineThatDoesNotEndIsCutOff) {
  const std::string line = "PROXY UNKNOWN " + std::string(200, 'x');
  EXPECT_EQ(read_proxy_header(Bytes(line).substr(0, 106)).state, State::incomplete);
  EXPECT_EQ(read_proxy_header(Bytes(line).substr(0, 107)).state, State::malformed);
}

}  // namespace
}  // namespace reprise::protocol
