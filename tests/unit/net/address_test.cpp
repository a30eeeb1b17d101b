#include "net/address.hpp"

#include <netinet/in.h>
#include <sys/un.h>

#include <cstring>
#include <string>

#include <gtest/gtest.h>

#include "base/unique_fd.hpp"

namespace reprise::net {
namespace {

Endpoint at(std::string_view address) {
  return resolve(address, Role::connect);
}

TEST(Endpoint, NothingIsOfNoFamily) {
  const Endpoint nothing;
  EXPECT_EQ(nothing.family(), AF_UNSPEC);
  EXPECT_EQ(nothing.text(), "");
  EXPECT_EQ(nothing.host(), "");
  EXPECT_EQ(nothing.path(), "");
  EXPECT_EQ(nothing.port(), 0U);
  EXPECT_EQ(nothing, Endpoint());
}

TEST(Endpoint, TellsItsParts) {
  EXPECT_EQ(at("127.0.0.1:80").host(), "127.0.0.1");
  EXPECT_EQ(at("127.0.0.1:65535").port(), 65535U);
  EXPECT_EQ(at("127.0.0.1:80").path(), "");
  EXPECT_EQ(at("[2001:db8::1]:443").host(), "2001:db8::1");
  EXPECT_EQ(at("[2001:db8::1]:443").port(), 443U);
  EXPECT_EQ(at("/run/a.sock").path(), "/run/a.sock");
  EXPECT_EQ(at("/run/a.sock").host(), "");
  EXPECT_EQ(at("@a").path(), "");
}

TEST(Endpoint, IsEqualByAllOfItsBytes) {
  EXPECT_EQ(at("127.0.0.1:80"), at("127.0.0.1:80"));
  EXPECT_FALSE(at("127.0.0.1:80") == at("127.0.0.1:81"));
  EXPECT_FALSE(at("127.0.0.1:80") == at("127.0.0.2:80"));
  EXPECT_FALSE(at("127.0.0.1:80") == at("[::1]:80"));
  EXPECT_EQ(at("[::1]:80"), at("[0::0001]:80"));
  EXPECT_EQ(at("/run/a"), at("/run/a"));
  EXPECT_FALSE(at("/run/a") == at("/run/b"));
  EXPECT_FALSE(at("/run/a") == at("/run/ab"));
  EXPECT_FALSE(at("@a") == at("/a"));
  EXPECT_FALSE(at("127.0.0.1:80") == Endpoint());
}

TEST(Endpoint, IsCutToTheLargestAddress) {
  struct {
    sockaddr_storage storage{};
    char more[64] = {};
  } large;
  large.storage.ss_family = AF_INET;
  const Endpoint endpoint(reinterpret_cast<const sockaddr*>(&large), sizeof large);
  EXPECT_EQ(endpoint.size(), sizeof(sockaddr_storage));
}

TEST(Endpoint, AUnixPathMayFillItsPlace) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memset(address.sun_path, 'a', sizeof address.sun_path);  // without a NUL
  const Endpoint endpoint(reinterpret_cast<const sockaddr*>(&address), sizeof address);
  EXPECT_EQ(endpoint.path(), std::string(sizeof address.sun_path, 'a'));
  EXPECT_EQ(endpoint.text(), endpoint.path());
}

TEST(Endpoint, AnIpv4AddressThatCameAsIpv6IsUnmapped) {
  EXPECT_EQ(at("[::ffff:192.0.2.1]:25").unmapped(), at("192.0.2.1:25"));
}

TEST(Endpoint, EveryOtherAddressUnmappedIsItself) {
  for (const char* address : {"192.0.2.1:25", "[2001:db8::1]:25", "[::1]:25", "/run/a.sock", "@a"})
    EXPECT_EQ(at(address).unmapped(), at(address)) << address;
}

TEST(Endpoint, OfASocketIsWhatTheKernelSays) {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const Endpoint wanted = at("127.0.0.1:0");
  ASSERT_EQ(::bind(fd.get(), wanted.data(), wanted.size()), 0);
  const Endpoint local = Endpoint::local(fd.get());
  EXPECT_EQ(local.host(), "127.0.0.1");
  EXPECT_NE(local.port(), 0U);
  EXPECT_EQ(Endpoint::peer(fd.get()).family(), AF_UNSPEC) << "not connected";
  EXPECT_EQ(Endpoint::local(-1).family(), AF_UNSPEC);
}

TEST(Endpoint, OfAnUnnamedUnixSocketHasNoText) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  const UniqueFd one(ends[0]), other(ends[1]);
  EXPECT_EQ(Endpoint::local(one.get()).family(), AF_UNIX);
  EXPECT_EQ(Endpoint::local(one.get()).text(), "");
  EXPECT_EQ(Endpoint::peer(one.get()).path(), "");
}

}  // namespace
}  // namespace reprise::net
