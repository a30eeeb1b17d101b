#pragma once

#include <memory>
#include <mutex>
#include <string>

#include <pybind11/pybind11.h>

#include "application/host.hpp"

namespace reprise::python {

namespace py = pybind11;

// wsgi.input: the body of a request, as a file to be read once (spec/process/wsgi.md 3).
class Input {
public:
  explicit Input(application::Exchange& exchange) : exchange_(&exchange) {}

  // After the request: whoever kept the object gets errors. A thread that waits in a read of it
  // gets the end of the body.
  void detach();

  // Up to `size` bytes, all there are if it is negative; blocks until they are there.
  py::bytes read(py::ssize_t size);
  // A line with its end, or `size` bytes of it.
  py::bytes readline(py::ssize_t size);
  py::list readlines(py::ssize_t hint);
  py::bytes next();
  std::uint64_t tell();
  void seek(std::int64_t offset, int whence);
  int fileno() const;

private:
  application::Exchange& exchange() const;
  bool fill(const char* function, py::ssize_t wanted);
  py::bytes take(std::size_t size);

  application::Exchange* exchange_;
  std::recursive_mutex mutex_;
  std::unique_ptr<char[]> piece_;
  std::string pending_;       // read, and not yet asked for
  std::size_t position_ = 0;  // of what is next in it
};

void define_input(py::module_& module);

}  // namespace reprise::python
