#pragma once

#include "base/shared_descriptor.hpp"

namespace reprise::log {

// Lets the one process that opens log files have the others write to what it opened.
class SharedOutput {
public:
  // As declared in base/log.hpp.
  void share() { descriptor_.share(); }
  void redirect(int fd);
  void follow() noexcept;

  // To go on with it in the program behind a reload.
  SharedDescriptor& descriptor() { return descriptor_; }

private:
  SharedDescriptor descriptor_;
};

SharedOutput& shared_output();

}  // namespace reprise::log
