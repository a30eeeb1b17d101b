#include "application/parent_signals.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

#include "process/master.hpp"

namespace reprise::application {
namespace {

constexpr int numbers[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, process::look_signal,
                           SIGCHLD};

// For the handler.
std::atomic<std::uint64_t> pending{0};
std::atomic<int> wake_fd{-1};
std::atomic<pid_t> owner{0};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

// A process that the application forked has the handler too: it ends as if it had none, and passes
// over the rest.
void note(int number) {
  const int before = errno;
  if (::getpid() == owner) {
    pending |= std::uint64_t{1} << number;
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(wake_fd, &one, sizeof one);
  } else if (number == SIGTERM || number == SIGINT || number == SIGQUIT) {
    ::signal(number, SIG_DFL);
    ::raise(number);
  }
  errno = before;
}

}  // namespace

ParentSignals::ParentSignals() : wakes_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!wakes_) throw std::system_error(errno, std::system_category(), "eventfd()");
  pending = 0;
  wake_fd = wakes_.get();
  owner = ::getpid();
  struct sigaction action {};
  action.sa_handler = note;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (const int number : numbers)
    ::sigaction(number, &action, nullptr);
}

ParentSignals::~ParentSignals() {
  owner = 0;
}

std::optional<int> ParentSignals::take() {
  for (const int number : numbers) {
    const std::uint64_t bit = std::uint64_t{1} << number;
    if ((pending.fetch_and(~bit) & bit) != 0) return number;
  }
  return {};
}

std::optional<int> ParentSignals::wait(std::chrono::milliseconds timeout) {
  if (const auto number = take()) return number;
  pollfd one{wakes_.get(), POLLIN, 0};
  if (::poll(&one, 1, static_cast<int>(timeout.count())) > 0) {
    std::uint64_t times = 0;
    [[maybe_unused]] const ssize_t read = ::read(wakes_.get(), &times, sizeof times);
  }
  return take();
}

}  // namespace reprise::application
