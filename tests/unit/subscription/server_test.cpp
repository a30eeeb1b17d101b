#include "subscription/server.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string>

#include <gtest/gtest.h>

namespace reprise::subscription {
namespace {

TEST(SubscriptionServer, KnowsWhoSentBeforeItRuns) {
  const std::string path = ::testing::TempDir() + "early-" + std::to_string(::getpid());
  const Server server({path, ""}, UniqueFd(), /*provisional=*/false);
  const UniqueFd sender(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const net::Endpoint to = Server::endpoint_of({path, ""});
  ASSERT_EQ(::sendto(sender.get(), "x", 1, 0, to.data(), to.size()), 1);

  char byte = 0;
  iovec part{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ASSERT_EQ(::recvmsg(server.fd(), &message, 0), 1);
  const cmsghdr* const found = CMSG_FIRSTHDR(&message);
  ASSERT_TRUE(found != nullptr && found->cmsg_type == SCM_CREDENTIALS);
  ucred who{};
  std::memcpy(&who, CMSG_DATA(found), sizeof who);
  EXPECT_EQ(who.pid, ::getpid());
  EXPECT_EQ(who.uid, ::getuid());
  EXPECT_EQ(server.remove_socket_file(), path);
}

}  // namespace
}  // namespace reprise::subscription
