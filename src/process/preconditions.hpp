#pragma once

#include <functional>
#include <string>
#include <vector>

#include "process/settings.hpp"

namespace reprise::process {

// One thing that a start asks of the machine: a user that exists, a file that can be written.
struct Precondition {
  enum class Kind { account, file };
  Kind kind = Kind::file;
  std::string origin;           // where it was configured, for messages
  std::function<void()> check;  // throws std::runtime_error; changes nothing
};

// Those that can be told before anything is made, from the start directory. They refer to
// `settings`. `first_start`: and not one after a reload, which has its log already.
std::vector<Precondition> preconditions(const Settings& settings, bool first_start);

}  // namespace reprise::process
