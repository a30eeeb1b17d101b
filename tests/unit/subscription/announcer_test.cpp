#include "subscription/announcer.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "base/clock.hpp"
#include "harness.hpp"
#include "key_pair.hpp"
#include "net/datagram.hpp"
#include "net/reactor.hpp"

namespace reprise::subscription::testing {
namespace {

using std::chrono::milliseconds;

// The socket that announces come to.
class Router {
public:
  std::string address() const { return net::Endpoint::local(fd_.get()).text(); }

  // The `unix` of the next packet.
  std::uint64_t receive() {
    char bytes[5000];
    const ssize_t size = ::recv(fd_.get(), bytes, sizeof bytes, MSG_DONTWAIT);
    if (size < 0) return 0;
    const auto result = read({bytes, static_cast<std::size_t>(size)});
    return std::get<Announcement>(result).unix.value_or(0);
  }

private:
  UniqueFd fd_ = net::bind_datagram(net::resolve("127.0.0.1:0", net::Role::listen), {});
};

void wait_for_a_second_to_begin() {
  using std::chrono::system_clock;
  const auto since = [] {
    return system_clock::now().time_since_epoch() % std::chrono::seconds(1);
  };
  while (since() > milliseconds(100))
    std::this_thread::sleep_for(milliseconds(5));
}

// A server believes a stamp once: the second announce has to be of a later second, for that of a
// node that starts again may be the first that is believed.
TEST(AnnouncerTest, TheSecondSignedAnnounceHasAnotherStamp) {
  const KeyPair keys("k");
  Router router;
  ClientSettings settings;
  auto& subscription = settings.subscriptions.emplace_back();
  subscription.server = router.address();
  subscription.key = "k";
  subscription.digest = "SHA256";
  subscription.key_file = keys.private_file;
  Announcer announcer(settings, {{"127.0.0.1:3031"}, 1});
  net::asio::io_context io(net::one_thread);
  wait_for_a_second_to_begin();
  net::asio::co_spawn(io, announcer.run(io, /*after_reload=*/false), net::asio::detached);
  std::vector<std::uint64_t> stamps;
  const auto collect = [&]() -> net::awaitable<void> {
    net::Timer timer(io);
    while (stamps.size() < 2) {
      co_await timer.wait(milliseconds(10));
      if (const std::uint64_t stamp = router.receive()) stamps.push_back(stamp);
    }
    io.stop();
  };
  net::asio::co_spawn(io, collect, net::asio::detached);
  net::Reactor::of(io).run();
  EXPECT_GT(stamps[1], stamps[0]);
}

}  // namespace
}  // namespace reprise::subscription::testing
