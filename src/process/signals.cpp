#include "process/signals.hpp"

#include <ctime>

namespace reprise::process {

void hold_reloads() {
  sigset_t reload;
  sigemptyset(&reload);
  sigaddset(&reload, SIGHUP);
  ::sigprocmask(SIG_BLOCK, &reload, nullptr);
}

MasterSignals::MasterSignals() {
  sigemptyset(&set_);
  for (const int number : {SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1}) {
    sigaddset(&set_, number);
  }
  ::sigprocmask(SIG_SETMASK, &set_, nullptr);
  for (const int number : {SIGPIPE, SIGXFSZ, SIGTSTP})
    ::signal(number, SIG_IGN);
}

std::optional<int> MasterSignals::wait(std::chrono::milliseconds timeout) {
  timespec limit{};
  limit.tv_sec = static_cast<std::time_t>(timeout.count() / 1000);
  limit.tv_nsec = static_cast<long>(timeout.count() % 1000) * 1'000'000;
  const int number = ::sigtimedwait(&set_, nullptr, &limit);
  if (number < 0) return {};  // EAGAIN, or EINTR by a signal that is not ours
  return number;
}

}  // namespace reprise::process
