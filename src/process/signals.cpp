#include "process/signals.hpp"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace reprise::process {

void let_signals_end_the_start() {
  for (const int number : {SIGINT, SIGQUIT, SIGTERM})
    ::signal(number, SIG_DFL);
}

void hold_reloads() {
  sigset_t reload;
  sigemptyset(&reload);
  sigaddset(&reload, SIGHUP);
  ::sigprocmask(SIG_BLOCK, &reload, nullptr);
}

MasterSignals::MasterSignals() {
  sigemptyset(&set_);
  for (const int number : {SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGTSTP}) {
    sigaddset(&set_, number);
  }
  ::sigprocmask(SIG_SETMASK, &set_, nullptr);
  for (const int number : {SIGPIPE, SIGXFSZ})
    ::signal(number, SIG_IGN);
  pending_ = UniqueFd(::signalfd(-1, &set_, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!pending_) throw std::system_error(errno, std::system_category(), "signalfd()");
}

std::optional<int> MasterSignals::wait(std::chrono::milliseconds timeout, int fd) {
  pollfd sources[]{{pending_.get(), POLLIN, 0}, {fd, POLLIN, 0}};
  if (::poll(sources, 2, static_cast<int>(timeout.count())) <= 0) return {};
  signalfd_siginfo signal{};
  if (::read(pending_.get(), &signal, sizeof signal) != sizeof signal) return {};
  return static_cast<int>(signal.ssi_signo);
}

}  // namespace reprise::process
