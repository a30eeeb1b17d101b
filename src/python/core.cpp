#include "python/core.hpp"

#include <fmt/format.h>

#include "python/answer.hpp"
#include "python/file_wrapper.hpp"
#include "python/input.hpp"
#include "python/text.hpp"

namespace reprise::python {
namespace {

using application::Exchange;

constexpr char no_app_text[] =
    "--- no python application found, check your startup logs for errors ---";

void answer_error(Exchange& exchange, std::string_view text) {
  exchange.start_answer(
      500, "500 Internal Server Error",
      fmt::format("Content-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n", text.size()),
      2);
  exchange.write(text);
}

// Whatever happens, `close` of what an application returned is called.
class Closing {
public:
  Closing(const PythonHost& host, py::object result) : host_(host), result_(std::move(result)) {}
  Closing(const Closing&) = delete;
  Closing& operator=(const Closing&) = delete;
  ~Closing() {
    try {
      const py::object close = py::getattr(result_, "close", py::none());
      if (!close.is_none()) close();
    } catch (const py::error_already_set& error) {
      host_.log_exception(error);
    }
  }

private:
  const PythonHost& host_;
  py::object result_;
};

// What an application may keep, cut off from the request when that is over.
template <class Object>
class Lent {
public:
  explicit Lent(Exchange& exchange)
      : object_(new Object(exchange)),
        python_(py::cast(object_, py::return_value_policy::take_ownership)) {}
  Lent(const Lent&) = delete;
  Lent& operator=(const Lent&) = delete;
  ~Lent() { object_->detach(); }
  Object& object() const { return *object_; }
  const py::object& python() const { return python_; }

private:
  Object* object_;
  py::object python_;
};

}  // namespace

PythonCore::PythonCore(const PythonHost& host, unsigned worker, unsigned id)
    : host_(host),
      is_main_(id == 0),
      thread_(is_main_ ? PyThreadState_Get() : PyThreadState_New(PyInterpreterState_Main())) {
  if (!is_main_) PyEval_RestoreThread(thread_);
  PythonHost::core = id;
  environs_.emplace(host);
  module_ = py::module_::import("uwsgi");
  py::module_::import("threading").attr("current_thread")().attr("name") =
      fmt::format("uWSGIWorker{}Core{}", worker, id);
  PyEval_SaveThread();
}

PythonCore::~PythonCore() {
  PyEval_RestoreThread(thread_);
  environs_.reset();
  module_ = py::object();
  if (is_main_) return;
  PyThreadState_Clear(thread_);
  PyThreadState_DeleteCurrent();
}

void PythonCore::serve(Exchange& exchange) {
  PyEval_RestoreThread(thread_);
  PythonHost::exchange = &exchange;
  try {
    run(exchange);
  } catch (const py::error_already_set& error) {
    fail(exchange, error);
  } catch (const std::exception& error) {
    host_.services().log(error.what());
    exchange.count_exception();
    if (exchange.head_sent()) {
      exchange.give_up();
    } else {
      answer_error(exchange, "Internal Server Error");
    }
  }
  PythonHost::exchange = nullptr;
  PyEval_SaveThread();
}

void PythonCore::run(Exchange& exchange) {
  const auto choice = choose(host_.apps(), host_.settings(), exchange);
  if (!choice) {
    host_.services().log(no_app_text);
    return answer_error(exchange, "Internal Server Error");
  }
  exchange.served_by(choice->app);
  call(host_.apps()[choice->app], *choice, exchange);
}

void PythonCore::call(const App& app, const Choice& choice, Exchange& exchange) {
  const Lent<Input> input(exchange);
  const Lent<StartResponse> start_response(exchange);
  const py::dict environ = environs_->make(exchange, choice, input.python());
  if (host_.settings().threads == 1) module_.attr("env") = environ;
  py::object result = app.callable(environ, start_response.python());
  const Closing closing(host_, result);
  iterate(exchange, start_response.object(), result);
  if (!exchange.started()) {
    raise(PyExc_AssertionError, "the application returned without start_response()");
  }
}

void PythonCore::iterate(Exchange& exchange, StartResponse& answer, const py::object& result) {
  if (PyBytes_Check(result.ptr())) {
    send_item(answer, result);
    return;
  }
  if (py::isinstance<FileWrapper>(result) && exchange.started()) {
    if (send_file(exchange, result)) return;
  }
  for (const py::handle item : py::iter(result)) {
    if (!send_item(answer, item)) return;
  }
}

// False: nobody reads any more.
bool PythonCore::send_item(StartResponse& answer, py::handle item) {
  if (!PyBytes_Check(item.ptr())) {
    throw py::type_error(
        fmt::format("the application gave {} in place of bytes", Py_TYPE(item.ptr())->tp_name));
  }
  const std::string_view bytes = bytes_view(item);
  return bytes.empty() || answer.send(bytes);
}

// False if it has to be read.
bool PythonCore::send_file(Exchange& exchange, py::handle wrapper) {
  const auto range = file_range(wrapper.cast<const FileWrapper&>());
  if (!range) return false;
  const py::gil_scoped_release others_may_run;
  exchange.send_file(range->fd, range->offset, range->size);
  return true;
}

void PythonCore::fail(Exchange& exchange, const py::error_already_set& error) {
  exchange.count_exception();
  const std::string text = describe(error);
  host_.services().log(text);
  if (exchange.head_sent()) return exchange.give_up();
  answer_error(exchange, host_.settings().python.show_exceptions
                             ? text + "\n"
                             : std::string("Internal Server Error"));
}

}  // namespace reprise::python
