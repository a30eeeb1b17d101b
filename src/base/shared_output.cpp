#include "base/shared_output.hpp"

#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace reprise::log {
namespace {

bool write_to(int fd) {
  return ::dup2(fd, STDOUT_FILENO) >= 0 && ::dup2(fd, STDERR_FILENO) >= 0;
}

}  // namespace

void SharedOutput::redirect(int fd) {
  if (!write_to(fd)) throw std::system_error(errno, std::system_category(), "dup2()");
  descriptor_.put(fd);
}

void SharedOutput::follow() noexcept {
  if (const UniqueFd fd = descriptor_.news()) write_to(fd.get());
}

SharedOutput& shared_output() {
  static SharedOutput output;
  return output;
}

}  // namespace reprise::log
