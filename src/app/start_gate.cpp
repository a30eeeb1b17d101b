#include "app/start_gate.hpp"

#include <poll.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <system_error>

#include "net/reactor.hpp"

namespace reprise::app {
namespace {

// A start that waits notices so soon that it may go on.
constexpr std::chrono::milliseconds interval{10};

}  // namespace

StartGate::StartGate() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!event_) throw std::system_error(errno, std::system_category(), "eventfd()");
}

void StartGate::open() const {
  ::eventfd_write(event_.get(), 1);
}

net::awaitable<void> StartGate::wait(net::asio::io_context& io,
                                     std::chrono::seconds patience) const {
  const auto until = std::chrono::steady_clock::now() + patience;
  net::Timer timer(io);
  // Nobody ever reads it, so it is asked without being taken.
  for (pollfd event{event_.get(), POLLIN, 0}; ::poll(&event, 1, 0) == 0;) {
    if (std::chrono::steady_clock::now() >= until) co_return;
    co_await timer.wait(interval);
  }
}

}  // namespace reprise::app
