#include "net/datagram.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <stdexcept>
#include <system_error>

#include <gtest/gtest.h>

namespace reprise::net {
namespace {

Endpoint at(const char* address) {
  return resolve_datagram(address, Role::connect);
}
int option(int fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  EXPECT_EQ(::getsockopt(fd, level, name, &value, &size), 0);
  return value;
}

TEST(DatagramTest, TellsGroupsFromHosts) {
  EXPECT_EQ(reach_of(at("225.1.1.1:7171")), Reach::multicast);
  EXPECT_EQ(reach_of(at("224.0.0.1:1")), Reach::multicast);
  EXPECT_EQ(reach_of(at("239.255.255.255:1")), Reach::multicast);
  EXPECT_EQ(reach_of(at("240.0.0.1:1")), Reach::unicast);
  EXPECT_EQ(reach_of(at("255.255.255.255:1")), Reach::broadcast);
  EXPECT_EQ(reach_of(at("192.168.173.1:7171")), Reach::unicast);
  EXPECT_EQ(reach_of(at("[ff02::1]:1")), Reach::multicast);
  EXPECT_EQ(reach_of(at("[::1]:1")), Reach::unicast);
}

TEST(DatagramTest, KnowsLoopbackAndThisHost) {
  EXPECT_TRUE(is_loopback(at("127.0.0.1:1")) && is_loopback(at("127.77.0.9:1")));
  EXPECT_TRUE(is_loopback(at("[::1]:1")));
  EXPECT_FALSE(is_loopback(at("128.0.0.1:1")) || is_loopback(at("[2001:db8::1]:1")));
  EXPECT_TRUE(is_of_this_host(at("127.0.0.1:1")));
  EXPECT_FALSE(is_of_this_host(at("203.0.113.1:1")));
}

TEST(DatagramTest, AnAddressIsAHostAndAPort) {
  EXPECT_EQ(at("localhost:80").text(), "127.0.0.1:80");
  EXPECT_THROW(at("/run/app.sock"), std::invalid_argument);
  EXPECT_THROW(at("no.such.host.invalid:1"), std::invalid_argument);
}

TEST(DatagramTest, AUnicastAddressIsNotShared) {
  const UniqueFd first = bind_datagram(at("127.0.0.1:0"), {});
  try {
    bind_datagram(Endpoint::local(first.get()), {});
    FAIL() << "two sockets at one address";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), std::errc::address_in_use);
  }
}

TEST(DatagramTest, BroadcastSocketsShareTheirPort) {
  const UniqueFd first = bind_datagram(at("255.255.255.255:17173"), {});
  const UniqueFd second = bind_datagram(at("255.255.255.255:17173"), {});
  EXPECT_TRUE(first && second);
}

TEST(DatagramTest, ASenderActsAsTheOptionsSay) {
  MulticastOptions options;
  options.ttl = 9;
  options.loop = false;
  options.interface = "lo";
  const UniqueFd sender = open_datagram_sender(AF_INET, options);
  EXPECT_EQ(option(sender.get(), IPPROTO_IP, IP_MULTICAST_TTL), 9);
  EXPECT_EQ(option(sender.get(), IPPROTO_IP, IP_MULTICAST_LOOP), 0);
  EXPECT_EQ(option(sender.get(), SOL_SOCKET, SO_BROADCAST), 1);
  EXPECT_NE(Endpoint::local(sender.get()).port(), 0u);
  options.loop = true;
  set_sender_options(sender.get(), options);
  EXPECT_EQ(option(sender.get(), IPPROTO_IP, IP_MULTICAST_LOOP), 1);
}

TEST(DatagramTest, AnInterfaceMayBeAnAddressAndMustBeThere) {
  MulticastOptions options;
  options.interface = "127.0.0.1";
  EXPECT_TRUE(open_datagram_sender(AF_INET, options));
  options.interface = "no-such-one";
  EXPECT_THROW(open_datagram_sender(AF_INET, options), std::invalid_argument);
}

TEST(DatagramTest, CountsWhatTheKernelDrops) {
  const UniqueFd ear = bind_datagram(at("127.0.0.1:0"), {});
  const int small = 1;
  ASSERT_EQ(::setsockopt(ear.get(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
  const Endpoint target = Endpoint::local(ear.get());
  const UniqueFd sender = open_datagram_sender(AF_INET, {});
  const std::string payload(1000, 'x');
  EXPECT_EQ(dropped_datagrams(ear.get()), 0u);
  for (int i = 0; i < 50; ++i)
    ::sendto(sender.get(), payload.data(), payload.size(), 0, target.data(), target.size());
  EXPECT_GE(dropped_datagrams(ear.get()), 40u);
}

}  // namespace
}  // namespace reprise::net
