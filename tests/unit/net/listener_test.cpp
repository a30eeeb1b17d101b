#include "net/listener.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <vector>

#include <gtest/gtest.h>

#include "net/address.hpp"

namespace reprise::net {
namespace {

class ListenerTest : public ::testing::Test {
protected:
  ListenerTest() {
    std::string name = ::testing::TempDir() + "listenXXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    directory_ = name;
    path_ = name + "/socket";
  }
  ~ListenerTest() override { std::filesystem::remove_all(directory_); }

  Listener bind(const std::string& address) { return Listener::bind(address, options_); }

  // What binding to the address is refused with.
  std::string refusal(const std::string& address) {
    try {
      bind(address);
      return "bound";
    } catch (const std::system_error& error) {
      code_ = error.code().value();
      return error.what();
    }
  }

  static bool is_answered(const std::string& address) {
    const Endpoint endpoint = resolve(address, Role::connect);
    const UniqueFd fd(::socket(endpoint.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    return ::connect(fd.get(), endpoint.data(), endpoint.size()) == 0;
  }
  bool is_there() const { return std::filesystem::exists(std::filesystem::symlink_status(path_)); }

  // How many connections a listener holds that nobody has accepted.
  static std::size_t room_of(const std::string& address) {
    std::vector<UniqueFd> clients;
    const Endpoint endpoint = resolve(address, Role::connect);
    for (;;) {
      UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      if (::connect(fd.get(), endpoint.data(), endpoint.size()) != 0) return clients.size();
      clients.push_back(std::move(fd));
    }
  }

  static int option(const Listener& listener, int level, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    EXPECT_EQ(::getsockopt(listener.fd(), level, name, &value, &size), 0);
    return value;
  }

  ListenOptions options_;
  std::string directory_;
  std::string path_;
  int code_ = 0;
};

TEST_F(ListenerTest, ListensAtAPortOfTheSystemsChoice) {
  const Listener listener = bind("127.0.0.1:0");
  EXPECT_EQ(listener.address(), "127.0.0.1:0");
  EXPECT_NE(listener.bound_name(), "127.0.0.1:0");
  EXPECT_TRUE(is_answered(listener.bound_name()));
  EXPECT_EQ(listener.remove_socket_file(), "");
}

TEST_F(ListenerTest, NeitherBlocksNorPassesAnExec) {
  for (const std::string& address : {std::string("127.0.0.1:0"), path_}) {
    const Listener listener = bind(address);
    EXPECT_NE(::fcntl(listener.fd(), F_GETFL) & O_NONBLOCK, 0) << address;
    EXPECT_NE(::fcntl(listener.fd(), F_GETFD) & FD_CLOEXEC, 0) << address;
  }
}

TEST_F(ListenerTest, WhatIsAcceptedSendsWithoutDelay) {
  const Listener listener = bind("127.0.0.1:0");
  ASSERT_TRUE(is_answered(listener.bound_name()));
  const UniqueFd accepted(::accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC));
  ASSERT_TRUE(accepted);
  int on = 0;
  socklen_t size = sizeof on;
  ::getsockopt(accepted.get(), IPPROTO_TCP, TCP_NODELAY, &on, &size);
  EXPECT_NE(on, 0);
}

TEST_F(ListenerTest, SetsItsOptions) {
  options_.defer_accept_seconds = 1;
  options_.reuse_port = true;
  options_.freebind = true;
  const Listener listener = bind("127.0.0.1:0");
  EXPECT_NE(option(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT), 0);
  EXPECT_NE(option(listener, SOL_SOCKET, SO_REUSEPORT), 0);
  EXPECT_NE(option(listener, IPPROTO_IP, IP_FREEBIND), 0);
  EXPECT_EQ(refusal(listener.bound_name()), "bound") << "a second one beside it";
}

TEST_F(ListenerTest, WhatIsAcceptedHasTheOptionsOfConnections) {
  options_.keepalive = true;
  options_.send_buffer = 20000;
  options_.receive_buffer = 30000;
  options_.fast_open = 7;
  const Listener listener = bind("127.0.0.1:0");
  EXPECT_EQ(option(listener, IPPROTO_TCP, TCP_FASTOPEN), 7);
  ASSERT_TRUE(is_answered(listener.bound_name()));
  const UniqueFd accepted(::accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC));
  ASSERT_TRUE(accepted);
  const auto value = [&](int name) {
    int number = 0;
    socklen_t size = sizeof number;
    ::getsockopt(accepted.get(), SOL_SOCKET, name, &number, &size);
    return number;
  };
  EXPECT_EQ(value(SO_KEEPALIVE), 1);
  EXPECT_EQ(value(SO_SNDBUF), 40000) << "the kernel doubles it";
  EXPECT_EQ(value(SO_RCVBUF), 60000);
}

TEST_F(ListenerTest, AUnixSocketHasTheRightsThatAreAskedFor) {
  options_.mode = 0620;
  options_.owner = ::geteuid();
  options_.group = ::getegid();
  const auto mode = [this] {
    struct stat status {};
    ::stat(path_.c_str(), &status);
    return status.st_mode & 0777;
  };
  Listener listener = bind(path_);
  EXPECT_EQ(mode(), 0620u);
  options_.mode = 0600;
  Listener::adopt(path_, UniqueFd(::dup(listener.fd())), options_);
  EXPECT_EQ(mode(), 0600u) << "after a reload";
}

TEST_F(ListenerTest, APortInUseIsRefused) {
  const Listener listener = bind("127.0.0.1:0");
  const std::string address = listener.bound_name();
  EXPECT_EQ(refusal(address), "bind " + address + ": Address already in use");
}

TEST_F(ListenerTest, AForeignAddressTakesFreebind) {
  EXPECT_EQ(refusal("192.0.2.1:0"), "bind 192.0.2.1:0: Cannot assign requested address");
  options_.freebind = true;
  EXPECT_EQ(refusal("192.0.2.1:0"), "bound");
}

TEST_F(ListenerTest, RefusesWhatIsNoAddress) {
  EXPECT_THROW(bind("127.0.0.1:"), std::invalid_argument);
  EXPECT_THROW(bind(""), std::invalid_argument);
}

TEST_F(ListenerTest, ReplacesAUnixSocketThatNobodyAnswersAt) {
  { const Listener old = bind(path_); }
  ASSERT_TRUE(is_there());
  ASSERT_FALSE(is_answered(path_));
  const Listener listener = bind(path_);
  EXPECT_EQ(listener.bound_name(), path_);
  EXPECT_TRUE(is_answered(path_));
}

TEST_F(ListenerTest, AUnixSocketThatIsAnsweredIsInUse) {
  const Listener live = bind(path_);
  EXPECT_EQ(refusal(path_), "bind " + path_ + ": Address already in use");
  EXPECT_EQ(code_, EADDRINUSE);
  EXPECT_TRUE(is_answered(path_));
}

TEST_F(ListenerTest, AUnixSocketWithAFullQueueIsInUse) {
  options_.backlog = 0;
  const Listener live = bind(path_);
  std::vector<UniqueFd> clients;
  const Endpoint endpoint = resolve(path_, Role::connect);
  for (bool room = true; room;) {
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    room = ::connect(fd.get(), endpoint.data(), endpoint.size()) == 0;
    clients.push_back(std::move(fd));
  }
  EXPECT_EQ(refusal(path_), "bind " + path_ + ": Address already in use");
  EXPECT_TRUE(is_there());
}

TEST_F(ListenerTest, RemovesNothingButSockets) {
  std::ofstream(path_) << "precious";
  EXPECT_EQ(refusal(path_), "bind " + path_ + ": Address already in use");
  EXPECT_EQ(std::filesystem::file_size(path_), 8U);
  std::filesystem::remove(path_);
  std::filesystem::create_symlink("elsewhere", path_);
  EXPECT_NE(refusal(path_), "bound");
  EXPECT_TRUE(std::filesystem::is_symlink(path_));
}

TEST_F(ListenerTest, AnAbstractSocketNeedsNoFile) {
  const std::string name = "@reprise-listener-test-" + std::to_string(::getpid());
  const Listener listener = bind(name);
  EXPECT_EQ(listener.bound_name(), name);
  EXPECT_TRUE(is_answered(name));
  EXPECT_EQ(listener.remove_socket_file(), "");
  EXPECT_EQ(refusal(name), "bind " + name + ": Address already in use");
}

TEST_F(ListenerTest, ItsFileStaysUntilItIsRemoved) {
  {
    const Listener listener = bind(path_);
    EXPECT_EQ(listener.remove_socket_file(), path_);
    EXPECT_FALSE(is_there());
    EXPECT_EQ(listener.remove_socket_file(), "") << "only once";
  }
  { const Listener listener = bind(path_); }
  EXPECT_TRUE(is_there());
}

TEST_F(ListenerTest, WhatTookItsPlaceIsNotRemoved) {
  const Listener first = bind(path_);
  std::filesystem::rename(path_, path_ + ".old");
  const Listener second = bind(path_);
  EXPECT_EQ(first.remove_socket_file(), "");
  EXPECT_TRUE(is_answered(path_));
}

TEST_F(ListenerTest, AProvisionalOneTakesItsFileAlong) {
  options_.provisional = true;
  {
    const Listener listener = bind(path_);
    EXPECT_TRUE(is_there());
  }
  EXPECT_FALSE(is_there());
  {
    Listener listener = bind(path_);
    const Listener moved = std::move(listener);
    EXPECT_TRUE(is_there());
  }
  EXPECT_FALSE(is_there());
}

TEST_F(ListenerTest, AProvisionalOneLeavesThePlaceOfALiveOneAlone) {
  const Listener live = bind(path_);
  options_.provisional = true;
  EXPECT_NE(refusal(path_), "bound");
  EXPECT_TRUE(is_answered(path_));
}

TEST_F(ListenerTest, AdoptionGoesOnWithTheSameSocket) {
  const Listener old = bind("127.0.0.1:0");
  UniqueFd copy(::fcntl(old.fd(), F_DUPFD_CLOEXEC, 0));
  const Listener adopted = Listener::adopt("127.0.0.1:0", std::move(copy), options_);
  EXPECT_EQ(adopted.bound_name(), old.bound_name());
  EXPECT_EQ(adopted.address(), "127.0.0.1:0");
}

TEST_F(ListenerTest, AdoptionChangesWhatCanBeChanged) {
  options_.backlog = 1;
  const Listener old = bind(path_);
  const std::size_t before = room_of(path_);
  while (UniqueFd(::accept(old.fd(), nullptr, nullptr))) {
  }
  options_.backlog = 10;
  const Listener adopted =
      Listener::adopt(path_, UniqueFd(::fcntl(old.fd(), F_DUPFD_CLOEXEC, 0)), options_);
  EXPECT_EQ(room_of(path_), before + 9);
}

TEST_F(ListenerTest, AdoptionChangesDeferAccept) {
  const Listener old = bind("127.0.0.1:0");
  options_.defer_accept_seconds = 3;
  const auto adopt = [&] {
    return Listener::adopt("a", UniqueFd(::fcntl(old.fd(), F_DUPFD_CLOEXEC, 0)), options_);
  };
  EXPECT_NE(option(adopt(), IPPROTO_TCP, TCP_DEFER_ACCEPT), 0);
  options_.defer_accept_seconds = 0;
  EXPECT_EQ(option(adopt(), IPPROTO_TCP, TCP_DEFER_ACCEPT), 0);
}

TEST_F(ListenerTest, AProvisionalAdoptionChangesNothing) {
  const Listener old = bind(path_);
  options_.backlog = 1;
  options_.provisional = true;
  {
    const Listener adopted =
        Listener::adopt(path_, UniqueFd(::fcntl(old.fd(), F_DUPFD_CLOEXEC, 0)), options_);
    EXPECT_EQ(adopted.bound_name(), path_);
  }
  EXPECT_TRUE(is_there());
  EXPECT_GT(room_of(path_), 50U);
}

TEST_F(ListenerTest, AdoptsNoDescriptorThatIsNone) {
  EXPECT_THROW(Listener::adopt("a", UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)), options_),
               std::system_error);
}

}  // namespace
}  // namespace reprise::net
