#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <pybind11/pybind11.h>

namespace reprise::python {

namespace py = pybind11;

// Bytes as WSGI has them in str: one character each.
inline py::object latin1(std::string_view bytes) {
  return py::reinterpret_steal<py::object>(
      PyUnicode_DecodeLatin1(bytes.data(), static_cast<Py_ssize_t>(bytes.size()), nullptr));
}

// The bytes of a str; nothing if it has a character above 255. Valid as long as the str is.
inline std::optional<std::string_view> latin1_view(py::handle text) {
  if (PyUnicode_KIND(text.ptr()) != PyUnicode_1BYTE_KIND) return std::nullopt;
  return std::string_view(reinterpret_cast<const char*>(PyUnicode_1BYTE_DATA(text.ptr())),
                          static_cast<std::size_t>(PyUnicode_GET_LENGTH(text.ptr())));
}

// Of a bytes object.
inline std::string_view bytes_view(py::handle bytes) {
  return {PyBytes_AS_STRING(bytes.ptr()), static_cast<std::size_t>(PyBytes_GET_SIZE(bytes.ptr()))};
}

// What callers may give as str or bytes: a key, a value, a name. Throws TypeError.
inline std::string bytes_of(py::handle value) {
  if (PyBytes_Check(value.ptr())) {
    return std::string(bytes_view(value));
  }
  if (!PyUnicode_Check(value.ptr())) throw py::type_error("str or bytes expected");
  Py_ssize_t size = 0;
  const char* text = PyUnicode_AsUTF8AndSize(value.ptr(), &size);
  if (text == nullptr) throw py::error_already_set();
  return {text, static_cast<std::size_t>(size)};
}

[[noreturn]] inline void raise(PyObject* type, const std::string& text) {
  PyErr_SetString(type, text.c_str());
  throw py::error_already_set();
}

}  // namespace reprise::python
