#include "python/answer.hpp"

#include <algorithm>
#include <array>

#include "python/reason.hpp"
#include "python/text.hpp"
#include "python/turn.hpp"

namespace reprise::python {
namespace {

bool is_token(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           marks.find(c) != std::string_view::npos;
  });
}

bool fits_a_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view text_of(py::handle value, const char* not_text, const char* not_latin1) {
  if (!PyUnicode_Check(value.ptr())) throw py::type_error(not_text);
  const auto text = latin1_view(value);
  if (!text) throw py::type_error(not_latin1);
  return *text;
}

// "200 OK"; the usual reason for a bare "200".
std::string status_text(py::handle status, int& number) {
  std::string_view text = text_of(status, "http status must be a string",
                                  "http status string must be encodable in latin1");
  while (!text.empty() && text.back() == ' ')
    text.remove_suffix(1);
  const bool number_first = text.size() >= 3 && is_digit(text[0]) && is_digit(text[1]) &&
                            is_digit(text[2]) && (text.size() == 3 || text[3] == ' ');
  if (!number_first || text[0] == '0' || !fits_a_line(text)) {
    throw py::value_error("http status must be three digits, a blank and a reason");
  }
  number = (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
  std::string out(text);
  if (text.size() == 3) out.append(" ").append(reason_of(number));
  return out;
}

void append_field(std::string& fields, py::handle header) {
  if (!PyTuple_Check(header.ptr())) throw py::type_error("http header must be defined in a tuple");
  if (PyTuple_GET_SIZE(header.ptr()) != 2)
    throw py::type_error("http header must be a 2-item tuple");
  const std::string_view name =
      text_of(PyTuple_GET_ITEM(header.ptr(), 0), "http header key must be a string",
              "http header must be encodable in latin1");
  const std::string_view value =
      text_of(PyTuple_GET_ITEM(header.ptr(), 1), "http header value must be a string",
              "http header must be encodable in latin1");
  if (!is_token(name)) throw py::value_error("http header key is no name of a header");
  if (!fits_a_line(value)) {
    throw py::value_error("http header value has a line end: " + std::string(name));
  }
  fields.append(name).append(": ").append(value).append("\r\n");
}

// What the exception was that led to this answer, again.
[[noreturn]] void raise_again(py::handle exc_info) {
  const py::tuple info = py::reinterpret_borrow<py::tuple>(exc_info);
  PyErr_Restore(py::object(info[0]).release().ptr(), py::object(info[1]).release().ptr(),
                py::object(info[2]).release().ptr());
  throw py::error_already_set();
}

}  // namespace

application::Exchange& StartResponse::exchange() const {
  if (exchange_ == nullptr) raise(PyExc_ValueError, "the request is over");
  return *exchange_;
}

void StartResponse::detach() {
  const Turn turn(mutex_);
  exchange_ = nullptr;
}

void StartResponse::start(py::handle status, py::handle headers, py::handle exc_info) {
  const Turn turn(mutex_);
  application::Exchange& answer = exchange();
  if (!exc_info.is_none()) {
    if (!PyTuple_Check(exc_info.ptr()) || PyTuple_GET_SIZE(exc_info.ptr()) != 3) {
      throw py::type_error("exc_info must be a tuple of three");
    }
    if (answer.head_sent()) raise_again(exc_info);
  } else if (answer.head_sent()) {
    raise(PyExc_OSError, "headers already sent");
  } else if (answer.started()) {
    raise(PyExc_AssertionError, "start_response() was called before, and there is no exc_info");
  }
  int number = 0;
  const std::string text = status_text(status, number);
  if (!PyList_Check(headers.ptr())) throw py::type_error("http headers must be in a python list");
  fields_.clear();
  const Py_ssize_t count = PyList_GET_SIZE(headers.ptr());
  for (Py_ssize_t i = 0; i < count; ++i)
    append_field(fields_, PyList_GET_ITEM(headers.ptr(), i));
  answer.start_answer(number, text, fields_, static_cast<unsigned>(count));
}

void StartResponse::write(py::handle data) {
  if (!PyBytes_Check(data.ptr())) throw py::type_error("write() takes bytes");
  if (!send(bytes_view(data))) raise(PyExc_OSError, "write error");
}

bool StartResponse::send(std::string_view bytes) {
  const Turn turn(mutex_);
  application::Exchange& answer = exchange();
  if (!answer.started()) raise(PyExc_AssertionError, "a body before start_response()");
  const py::gil_scoped_release others_may_run;
  return answer.write(bytes);
}

void define_answer(py::module_& module) {
  py::class_<StartResponse>(module, "_StartResponse")
      .def(
          "__call__",
          [](py::object self, py::handle status, py::handle headers, py::handle exc_info) {
            self.cast<StartResponse&>().start(status, headers, exc_info);
            return self.attr("write");
          },
          py::arg("status"), py::arg("response_headers"), py::arg("exc_info") = py::none())
      .def("write", &StartResponse::write);
}

}  // namespace reprise::python
