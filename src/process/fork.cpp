#include "process/fork.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <system_error>

#include "base/log.hpp"

namespace reprise::process {
namespace {

void default_dispositions() {
  for (int number = 1; number < NSIG; ++number) {
    if (number == SIGKILL || number == SIGSTOP) continue;
    ::signal(number, SIG_DFL);  // fails for the numbers libc keeps for itself, and may
  }
  for (const int number : {SIGPIPE, SIGXFSZ, SIGHUP, SIGUSR1, SIGUSR2, SIGALRM, SIGTSTP})
    ::signal(number, SIG_IGN);
}

void become_child(const Identity& identity, pid_t parent) {
  default_dispositions();
  try {
    drop_privileges(identity);
  } catch (const std::exception& e) {
    log::line("{}", e.what());
    ::_exit(1);
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);  // it died before the line above took effect
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace

Forked fork_child(const Identity& identity) {
  sigset_t all, before;
  sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, &before);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) {
    become_child(identity, parent);
    return {Side::child, 0};
  }
  const int error = errno;
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) throw std::system_error(error, std::system_category(), "fork()");
  return {Side::parent, pid};
}

Forked fork_detached() {
  const pid_t pid = ::fork();
  if (pid < 0) throw std::system_error(errno, std::system_category(), "fork()");
  return pid == 0 ? Forked{Side::child, 0} : Forked{Side::parent, pid};
}

}  // namespace reprise::process
