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

// What open() makes. Others may have a descriptor that is not what they read from: a decompressor's
// is the compressed file's.
bool is_plain_file(py::handle file) {
  const py::module_ io = py::module_::import("io");
  const py::handle type = py::type::handle_of(file);
  return type.is(io.attr("BufferedReader")) || type.is(io.attr("FileIO")) ||
         type.is(io.attr("BufferedRandom"));
}

}  // namespace

std::optional<FileRange> file_range(const FileWrapper& wrapper) {
  if (!is_plain_file(wrapper.file)) return std::nullopt;
  try {
    // The position that Python has: its buffer may be ahead.
    wrapper.file.attr("flush")();
    const int fd = wrapper.file.attr("fileno")().cast<int>();
    const auto offset = wrapper.file.attr("tell")().cast<std::int64_t>();
    struct stat status {};
    if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || offset < 0) return std::nullopt;
    if (status.st_size == 0) return std::nullopt;  // of /proc, say: it has to be read
    const std::int64_t left = status.st_size > offset ? status.st_size - offset : 0;
    return FileRange{fd, static_cast<std::uint64_t>(offset), static_cast<std::uint64_t>(left)};
  } catch (const py::error_already_set&) {
    return std::nullopt;  // closed, say; reading it raises again
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
