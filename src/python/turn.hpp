#pragma once

#include <mutex>

#include <pybind11/pybind11.h>

namespace reprise::python {

// The right to use what a request lends to an application, which may do so in threads of its own.
// The calls behind it wait with the GIL released, so the GIL alone keeps nobody out.
class Turn {
public:
  // With the GIL, which is released while another thread has the turn.
  explicit Turn(std::recursive_mutex& mutex) : lock_(mutex, std::try_to_lock) {
    if (lock_) return;
    const pybind11::gil_scoped_release others_may_run;
    lock_.lock();
  }

private:
  std::unique_lock<std::recursive_mutex> lock_;
};

}  // namespace reprise::python
