#include "net/signals.hpp"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace reprise::net {
namespace {

sigset_t set_of(std::initializer_list<int> signals) {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int number : signals)
    ::sigaddset(&set, number);
  return set;
}

UniqueFd open_signals(const sigset_t& signals) {
  UniqueFd fd(::signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!fd) throw std::system_error(errno, std::system_category(), "signalfd()");
  return fd;
}

}  // namespace

Signals::Signals(asio::io_context& io, std::initializer_list<int> signals,
                 std::function<void(int)> received)
    : signals_(set_of(signals)),
      fd_(open_signals(signals_)),
      readiness_(io, fd_.get(), Readiness::Kind::connection),
      received_(std::move(received)) {
  if (const error_code error = readiness_.start()) throw system_error(error, "epoll_ctl()");
  ::sigprocmask(SIG_BLOCK, &signals_, nullptr);
  asio::co_spawn(io, run(), asio::detached);
}

Signals::~Signals() {
  ::sigprocmask(SIG_UNBLOCK, &signals_, nullptr);
}

awaitable<void> Signals::run() {
  while (!co_await readiness_.input()) {
    signalfd_siginfo signal;
    while (::read(fd_.get(), &signal, sizeof signal) == sizeof signal)
      received_(static_cast<int>(signal.ssi_signo));
  }
}

}  // namespace reprise::net
