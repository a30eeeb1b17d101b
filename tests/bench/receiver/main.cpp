// What taking datagrams costs at least: epoll_wait and recvmmsg, and nothing done with them.
// Prints its port as a line of JSON when it receives.

#include <sys/socket.h>

#include <array>
#include <cstdio>
#include <exception>
#include <system_error>

#include <fmt/format.h>

#include "common/arguments.hpp"
#include "common/poller.hpp"
#include "common/sockets.hpp"

namespace reprise::bench {
namespace {

constexpr int buffer_bytes = 4 << 20;

class Receiver {
public:
  Receiver() : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    const sockaddr_in any_port = parse_address("127.0.0.1:0");
    if (!fd_ ||
        ::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&any_port), sizeof any_port) < 0)
      throw std::system_error(errno, std::system_category(), "datagram socket");
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof buffer_bytes);
    for (std::size_t i = 0; i < batch; ++i) {
      parts_[i] = {buffers_[i].data(), buffers_[i].size()};
      messages_[i].msg_hdr.msg_iov = &parts_[i];
      messages_[i].msg_hdr.msg_iovlen = 1;
    }
    poller_.add(fd_.get(), EPOLLIN, this);
    fmt::print("{{\"udp\": {}}}\n", port_of(fd_.get()));
    std::fflush(stdout);
  }

  [[noreturn]] void run() {
    for (;;) {
      poller_.wait(-1);
      for (std::size_t i = 0; i < batch; ++i) {
        messages_[i].msg_hdr.msg_name = &senders_[i];
        messages_[i].msg_hdr.msg_namelen = sizeof senders_[i];
      }
      ::recvmmsg(fd_.get(), messages_.data(), batch, MSG_DONTWAIT, nullptr);
    }
  }

private:
  static constexpr std::size_t batch = 64;

  UniqueFd fd_;
  Poller poller_;
  std::array<std::array<char, 2048>, batch> buffers_{};
  std::array<iovec, batch> parts_{};
  std::array<sockaddr_in, batch> senders_{};
  std::array<mmsghdr, batch> messages_{};
};

int run(int argc, char** argv) {
  Arguments(argc, argv).finish();
  Receiver().run();
}

}  // namespace
}  // namespace reprise::bench

int main(int argc, char** argv) {
  try {
    return reprise::bench::run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_receiver: {}\n", error.what());
    return 1;
  }
}
