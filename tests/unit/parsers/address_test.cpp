#include "parsers/address/address.hpp"

#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "tests/unit/parsers/refusals.hpp"

namespace reprise::parsers::address {
namespace {

using namespace std::string_literals;

struct Kind {
  std::string operator()(const Tcp& tcp) const {
    return fmt::format("{} '{}' {}", tcp.ipv6 ? "tcp6" : "tcp", tcp.host, tcp.port);
  }
  std::string operator()(const UnixPath& file) const { return "path " + file.path; }
  std::string operator()(const Abstract& abstract) const { return "name " + abstract.name; }
  std::string operator()(const Shared& shared) const { return fmt::format("={}", shared.index); }
  std::string operator()(const Inherited& inherited) const {
    return fmt::format("fd {}", inherited.fd);
  }
};

class AddressTest : public testing::TestWithParam<std::pair<std::string, std::string>> {};

TEST_P(AddressTest, IsOfThisKind) {
  const auto& [text, kind] = GetParam();
  EXPECT_EQ(std::visit(Kind{}, parse(text)), kind);
}

INSTANTIATE_TEST_SUITE_P(
    Table, AddressTest,
    testing::Values(
        std::pair{"127.0.0.1:80", "tcp '127.0.0.1' 80"}, std::pair{":80", "tcp '' 80"},
        std::pair{":0", "tcp '' 0"}, std::pair{":65535", "tcp '' 65535"},
        std::pair{":00080", "tcp '' 80"}, std::pair{"localhost:8443", "tcp 'localhost' 8443"},
        std::pair{"my-host.example_1.org:1", "tcp 'my-host.example_1.org' 1"},
        std::pair{"256.1.1.1:80", "tcp '256.1.1.1' 80"}, std::pair{"[::1]:80", "tcp6 '::1' 80"},
        std::pair{"[::]:0", "tcp6 '::' 0"},
        std::pair{"[::ffff:1.2.3.4]:9", "tcp6 '::ffff:1.2.3.4' 9"},
        std::pair{"[fe80::1%eth0]:80", "tcp6 'fe80::1%eth0' 80"},
        std::pair{"/run/app.sock", "path /run/app.sock"}, std::pair{"8080", "path 8080"},
        std::pair{"app sock", "path app sock"}, std::pair{"*", "path *"},
        std::pair{"fd:80", "tcp 'fd' 80"}, std::pair{"fd", "path fd"},
        std::pair{"@app", "name app"}, std::pair{"@@", "name @"}, std::pair{"\\0app", "name app"},
        std::pair{"=0", "=0"}, std::pair{"=65535", "=65535"}, std::pair{"fd://3", "fd 3"},
        std::pair{std::string(102, 'p'), "path " + std::string(102, 'p')},
        std::pair{"@" + std::string(101, 'n'), "name " + std::string(101, 'n')}));

TEST(AddressErrors, SayWhatWasExpected) {
  const std::string host = "a host name, an IPv4 address or ':'";
  const std::string port = "a port from 0 to 65535";
  const std::string v6 = "an IPv6 address and ']'";
  const std::string number = "a number from 0 to 65535";
  const std::string path = "a socket's path of at most 102 bytes";
  const std::string name = "a socket's name of at most 101 bytes";
  const std::string bytes_30(30, 'p');
  expect_refusals([](std::string_view text) { return parse(text); },
                  {{"", {1, 1}, "an address", "\n^"},
                   {"*:80", {1, 1}, host, "*:80\n^"},
                   {"127.*:80", {1, 1}, host, "127.*:80\n^"},
                   {" host:80", {1, 1}, host, " host:80\n^"},
                   {"/run/a:b.sock", {1, 1}, host, "/run/a:b.sock\n^"},
                   {"@name:80", {1, 1}, host, "@name:80\n^"},
                   {"\thost:80", {1, 1}, host, " host:80\n^"},
                   {"h\xC3\xB6st:80", {1, 1}, host, "h\xC3\xB6st:80\n^"},
                   {"::1:80", {1, 1}, "an IPv6 address in brackets", "::1:80\n^"},
                   {"a:b:80", {1, 1}, "an IPv6 address in brackets", "a:b:80\n^"},
                   {":", {1, 2}, port, ":\n ^"},
                   {"host:", {1, 6}, port, "host:\n     ^"},
                   {":x", {1, 2}, port, ":x\n ^"},
                   {":80x", {1, 2}, port, ":80x\n ^"},
                   {":80 ", {1, 2}, port, ":80 \n ^"},
                   {":-1", {1, 2}, port, ":-1\n ^"},
                   {":+1", {1, 2}, port, ":+1\n ^"},
                   {":0x50", {1, 2}, port, ":0x50\n ^"},
                   {":65536", {1, 2}, port, ":65536\n ^"},
                   {":99999", {1, 2}, port, ":99999\n ^"},
                   {":100000", {1, 2}, port, ":100000\n ^"},
                   {":18446744073709551696", {1, 2}, port, ":18446744073709551696\n ^"},
                   {":80\n", {1, 2}, port, ":80\n ^"},
                   {"[]:80", {1, 2}, v6, "[]:80\n ^"},
                   {"[host]:80", {1, 2}, v6, "[host]:80\n ^"},
                   {"[::1:80", {1, 2}, v6, "[::1:80\n ^"},
                   {"[::1%]:80", {1, 2}, v6, "[::1%]:80\n ^"},
                   {"[::1]", {1, 6}, "':' and a port", "[::1]\n     ^"},
                   {"[::1]x:80", {1, 6}, "':' and a port", "[::1]x:80\n     ^"},
                   {"[::1]:", {1, 7}, port, "[::1]:\n      ^"},
                   {"=", {1, 2}, number, "=\n ^"},
                   {"=x", {1, 2}, number, "=x\n ^"},
                   {"=1 ", {1, 2}, number, "=1 \n ^"},
                   {"=65536", {1, 2}, number, "=65536\n ^"},
                   {"fd://", {1, 6}, number, "fd://\n     ^"},
                   {"fd://-1", {1, 6}, number, "fd://-1\n     ^"},
                   {"fd://99999999999", {1, 6}, number, "fd://99999999999\n     ^"},
                   {"@", {1, 2}, name, "@\n ^"},
                   {"\\0", {1, 3}, name, "\\0\n  ^"},
                   {"@a\0b"s, {1, 2}, name, "@a?b\n ^"},
                   {"@" + std::string(102, 'p'), {1, 2}, name, "@" + bytes_30 + "...\n ^"},
                   {std::string(103, 'p'), {1, 1}, path, bytes_30 + "...\n^"},
                   {"a\0b"s, {1, 1}, path, "a?b\n^"},
                   {std::string(1000000, 'p'), {1, 1}, path, bytes_30 + "...\n^"}});
}

}  // namespace
}  // namespace reprise::parsers::address
