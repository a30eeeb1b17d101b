#include "parsers/certificate/certificate.hpp"

#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "tests/unit/parsers/refusals.hpp"

namespace reprise::parsers::certificate {
namespace {

std::string shown(const Files& files) {
  std::string text = files.certificate + "|" + files.key + "|" + files.ciphers;
  if (files.has_client_ca) text += (files.required ? "|!" : "|?") + files.client_ca;
  return text;
}

using Table = testing::TestWithParam<std::pair<std::string, std::string>>;

class ListenerTest : public Table {};

TEST_P(ListenerTest, HasTheseFields) {
  const auto& [text, fields] = GetParam();
  const Listener listener = parse_listener(text);
  EXPECT_EQ(listener.address + "|" + shown(listener.files), fields);
}

INSTANTIATE_TEST_SUITE_P(
    Table, ListenerTest,
    testing::Values(std::pair{":443,c.pem,k.pem", ":443|c.pem|k.pem|"},
                    std::pair{"a,c,k,HIGH:!aNULL", "a|c|k|HIGH:!aNULL"},
                    std::pair{"a,c,k,", "a|c|k|"}, std::pair{"a,c,k,HIGH,ca", "a|c|k|HIGH|?ca"},
                    std::pair{"a,c,k,,ca", "a|c|k||?ca"}, std::pair{"a,c,k,,!ca", "a|c|k||!ca"},
                    std::pair{"a,c,k,x,ca,more,", "a|c|k|x|?ca,more,"},
                    std::pair{"a,c,k,x,!!ca", "a|c|k|x|!!ca"}, std::pair{"a,c,k,x,,", "a|c|k|x|?,"},
                    std::pair{"a, c ,k ,x", "a| c |k |x"}, std::pair{"a\\,c,k", "a\\|c|k|"}));

class NameTest : public Table {};

TEST_P(NameTest, HasTheseFields) {
  const auto& [text, fields] = GetParam();
  const Name name = parse_name(text);
  EXPECT_EQ(name.name + "|" + shown(name.files), fields);
}

INSTANTIATE_TEST_SUITE_P(
    Table, NameTest,
    testing::Values(std::pair{"example.org c,k", "example.org|c|k|"},
                    std::pair{".example.org c,k,HIGH,!ca", ".example.org|c|k|HIGH|!ca"},
                    std::pair{"^a{1,2}$ c,k", "^a{1,2}$|c|k|"}, std::pair{"a  c,k", "a| c|k|"},
                    std::pair{"a c d,k", "a|c d|k|"}));

TEST(ListenerErrors, SayWhatWasExpected) {
  expect_refusals([](std::string_view text) { return parse_listener(text); },
                  {{"", {1, 1}, "an address", "\n^"},
                   {",c,k", {1, 1}, "an address", ",c,k\n^"},
                   {":443", {1, 5}, "',' and a certificate file", ":443\n    ^"},
                   {"a,", {1, 3}, "a certificate file", "a,\n  ^"},
                   {"a,,k", {1, 3}, "a certificate file", "a,,k\n  ^"},
                   {"a,c", {1, 4}, "',' and a key file", "a,c\n   ^"},
                   {"a,c,", {1, 5}, "a key file", "a,c,\n    ^"},
                   {"a,c,,x", {1, 5}, "a key file", "a,c,,x\n    ^"},
                   {"a,c,k,,", {1, 8}, "a client CA file", "a,c,k,,\n       ^"},
                   {"a,c,k,x,!", {1, 10}, "a client CA file", "a,c,k,x,!\n         ^"},
                   {"a\t,\x02", {1, 5}, "',' and a key file", "a ,?\n    ^"},
                   {"a,\nc", {2, 2}, "',' and a key file", "c\n ^"}});
}

TEST(NameErrors, SayWhatWasExpected) {
  const std::string before_files = "a blank and a certificate file";
  expect_refusals([](std::string_view text) { return parse_name(text); },
                  {{"", {1, 1}, "a server name", "\n^"},
                   {" c,k", {1, 1}, "a server name", " c,k\n^"},
                   {"example.org", {1, 12}, before_files, "example.org\n           ^"},
                   {"a\tc,k", {1, 6}, before_files, "a c,k\n     ^"},
                   {"a ", {1, 3}, "a certificate file", "a \n  ^"},
                   {"a ,k", {1, 3}, "a certificate file", "a ,k\n  ^"},
                   {"a c", {1, 4}, "',' and a key file", "a c\n   ^"},
                   {"a c,k,x,", {1, 9}, "a client CA file", "a c,k,x,\n        ^"}});
}

}  // namespace
}  // namespace reprise::parsers::certificate
