#pragma once

#include <string>

#include "base/unique_fd.hpp"

namespace reprise::process {

// Puts the program into the background as uWSGI's `daemonize` does (two forks, a session of its
// own, stdin from /dev/null; output is for log::redirect), except that the first process stays
// until the service is ready and exits with 0 then, or with 1 if it never gets there. The umask
// stays as it is (uWSGI clears it, and pid files become writable for everybody).
class Daemon {
public:
  // Returns in the background process. `log_file` is where the person who waits is sent to if that
  // dies. Throws std::system_error.
  static Daemon start(const std::string& log_file);

  // Lets the waiting process go with status 0.
  void ready();

private:
  explicit Daemon(UniqueFd pipe) : pipe_(std::move(pipe)) {}
  UniqueFd pipe_;
};

}  // namespace reprise::process
