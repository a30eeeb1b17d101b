#pragma once

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <vector>

#include "base/unique_fd.hpp"

namespace reprise::testing {

// Standard error goes in here for as long as this lives; each write(2) stays one.
class StandardError {
public:
  StandardError() {
    int ends[2];
    if (::pipe2(ends, O_DIRECT | O_CLOEXEC) != 0) {
      throw std::system_error(errno, std::system_category(), "pipe2");
    }
    read_.reset(ends[0]);
    const UniqueFd write(ends[1]);
    saved_.reset(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0));
    ::dup2(write.get(), STDERR_FILENO);
  }
  StandardError(const StandardError&) = delete;
  StandardError& operator=(const StandardError&) = delete;
  ~StandardError() { ::dup2(saved_.get(), STDERR_FILENO); }

  // What was written since the last call.
  std::vector<std::string> writes() {
    std::vector<std::string> all;
    pollfd there{read_.get(), POLLIN, 0};
    while (::poll(&there, 1, 0) == 1 && (there.revents & POLLIN) != 0) {
      char text[4096];
      const ssize_t n = ::read(read_.get(), text, sizeof text);
      all.emplace_back(text, n > 0 ? static_cast<std::size_t>(n) : 0);
    }
    return all;
  }

private:
  UniqueFd read_;
  UniqueFd saved_;
};

}  // namespace reprise::testing
