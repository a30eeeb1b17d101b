#include "check/surroundings.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "compat/load.hpp"

namespace reprise::check {

Surroundings::Surroundings()
    : environment_(compat::environment()),
      directory_(::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC)),
      umask_(::umask(0)) {
  ::umask(umask_);
}

Surroundings::~Surroundings() {
  ::umask(umask_);
  if (directory_ && ::fchdir(directory_.get()) != 0) directory_.reset();
  ::clearenv();
  for (const std::string& entry : environment_) {
    const std::size_t equals = entry.find('=');
    if (equals == std::string::npos) continue;
    ::setenv(entry.substr(0, equals).c_str(), entry.c_str() + equals + 1, 1);
  }
}

}  // namespace reprise::check
