#include "process/daemon.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "process/fork.hpp"

namespace reprise::process {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::system_category(), what);
}

void replace(int from, int to) {
  if (::dup2(from, to) < 0) fail("dup2()");
}

// One byte comes when the service is up; the pipe's end without one means that it died.
[[noreturn]] void wait_and_leave(int pipe, const std::string& log_file) {
  char byte = 0;
  ssize_t n = 0;
  do {
    n = ::read(pipe, &byte, 1);
  } while (n < 0 && errno == EINTR);
  if (n != 1) std::fprintf(stderr, "the service did not start, see %s\n", log_file.c_str());
  ::_exit(n == 1 ? 0 : 1);
}

}  // namespace

Daemon Daemon::start(const std::string& log_file) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) fail("pipe2()");
  UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  if (fork_detached().side == Side::parent) {
    writer.reset();
    wait_and_leave(reader.get(), log_file);
  }
  reader.reset();
  ::setsid();
  if (fork_detached().side == Side::parent) ::_exit(0);  // no terminal can be acquired any more
  const UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (null) replace(null.get(), STDIN_FILENO);
  return Daemon(std::move(writer));
}

void Daemon::ready() {
  const char byte = 1;
  if (pipe_ && ::write(pipe_.get(), &byte, 1) != 1) pipe_.reset();  // nobody waits any more
  pipe_.reset();
}

}  // namespace reprise::process
