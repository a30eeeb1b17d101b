#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/unique_fd.hpp"

namespace reprise::app {

// Copies of the sockets that systemd passed, for a program that takes this one's place:
// PassedSockets makes the first ones its own.
class Activation {
public:
  // Nothing if none were passed to this process.
  Activation();

  // Makes numbers and variables what they were.
  void restore() const;

private:
  std::vector<UniqueFd> sockets_;  // of the numbers from 3 on; none: it was no descriptor
  std::vector<std::pair<std::string, std::string>> variables_;
};

}  // namespace reprise::app
