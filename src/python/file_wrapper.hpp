#pragma once

#include <optional>

#include <pybind11/pybind11.h>

namespace reprise::python {

namespace py = pybind11;

// wsgi.file_wrapper: a file as an iterable, which the server may send in its own way.
struct FileWrapper {
  py::object file;
  py::ssize_t block_size;
};

// What sendfile can send of a file: a regular one, from where it is read next to its end.
struct FileRange {
  int fd;
  std::uint64_t offset;
  std::uint64_t size;
};
std::optional<FileRange> file_range(const FileWrapper& wrapper);

void define_file_wrapper(py::module_& module);

}  // namespace reprise::python
