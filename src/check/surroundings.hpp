#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/unique_fd.hpp"

namespace reprise::check {

// What a configuration may change of the process while it is read: the environment, the directory
// and the umask are put back at the end, so that each is read as if it came first.
class Surroundings {
public:
  Surroundings();
  ~Surroundings();
  Surroundings(const Surroundings&) = delete;
  Surroundings& operator=(const Surroundings&) = delete;

  const std::vector<std::string>& environment() const { return environment_; }

private:
  std::vector<std::string> environment_;  // NAME=VALUE
  UniqueFd directory_;
  mode_t umask_;
};

}  // namespace reprise::check
