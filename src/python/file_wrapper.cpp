#include "python/file_wrapper.hpp"

#include <sys/stat.h>

namespace reprise::python {
namespace {

constexpr py::ssize_t default_block_size = 32768;

py::object next_block(const FileWrapper& wrapper) {
  py::object block = wrapper.file.attr("read")(wrapper.block_size);
  if (!py::bool_(block)) throw py::stop_iteration();
  return block;
}

}  // namespace

std::optional<FileRange> file_range(const FileWrapper& wrapper) {
  const py::object fileno = py::getattr(wrapper.file, "fileno", py::none());
  const py::object tell = py::getattr(wrapper.file, "tell", py::none());
  if (fileno.is_none() || tell.is_none()) return std::nullopt;
  try {
    // The position that Python has: its buffer may be ahead.
    const int fd = fileno().cast<int>();
    const auto offset = tell().cast<std::int64_t>();
    struct stat status {};
    if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || offset < 0) return std::nullopt;
    const std::int64_t left = status.st_size > offset ? status.st_size - offset : 0;
    return FileRange{fd, static_cast<std::uint64_t>(offset), static_cast<std::uint64_t>(left)};
  } catch (const py::error_already_set&) {
    return std::nullopt;  // io.BytesIO: fileno is there, and raises
  } catch (const py::cast_error&) {
    return std::nullopt;
  }
}

void define_file_wrapper(py::module_& module) {
  py::class_<FileWrapper>(module, "FileWrapper")
      .def(py::init([](py::object file, py::ssize_t block_size) {
             return FileWrapper{std::move(file), block_size};
           }),
           py::arg("file"), py::arg("block_size") = default_block_size)
      .def("__iter__", [](py::object self) { return self; })
      .def("__next__", next_block)
      .def("close", [](const FileWrapper& wrapper) {
        const py::object close = py::getattr(wrapper.file, "close", py::none());
        if (!close.is_none()) close();
      });
}

}  // namespace reprise::python
