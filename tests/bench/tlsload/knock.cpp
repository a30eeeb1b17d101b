#include "tlsload/knock.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <thread>
#include <utility>

#include "common/sockets.hpp"

namespace reprise::bench {
namespace {

constexpr std::string_view first_bytes = "\x16\x03\x01";
constexpr int patience_milliseconds = 1000;

bool say_first_bytes(int fd) {
  pollfd writable{.fd = fd, .events = POLLOUT, .revents = 0};
  if (::poll(&writable, 1, patience_milliseconds) != 1) return false;
  return ::send(fd, first_bytes.data(), first_bytes.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(first_bytes.size());
}

}  // namespace

Knocks knock(const Options& options, Tally& tally) {
  Knocks held;
  held.reserve(options.operations);
  while (held.size() < options.operations) {
    const auto started_at = std::chrono::steady_clock::now();
    const std::size_t begin = held.size();
    const std::size_t end = std::min(begin + options.burst, options.operations);
    while (held.size() < end)
      held.push_back(connect_to(options.target));
    for (std::size_t i = begin; i < end; ++i) {
      if (say_first_bytes(held[i].get()))
        tally.complete(started_at);
      else
        tally.fail("no connection was made");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(options.pause_milliseconds));
  }
  return held;
}

}  // namespace reprise::bench
