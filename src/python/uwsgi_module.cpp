// The module `uwsgi` that applications import (spec/process/wsgi.md 10). Functions of uWSGI that
// are not here are no attributes: whoever asks for one learns that from Python.
#include <unistd.h>

#include <chrono>

#include <fmt/format.h>

#include "python/answer.hpp"
#include "python/file_wrapper.hpp"
#include "python/host.hpp"
#include "python/input.hpp"
#include "python/text.hpp"
#include "python/uwsgi_cache.hpp"

namespace reprise::python {
namespace {

using application::MasterRequest;
using application::Services;

application::Exchange& this_exchange() {
  if (PythonHost::exchange == nullptr) raise(PyExc_ValueError, "not inside of a request");
  return *PythonHost::exchange;
}

application::Services& services() {
  return PythonHost::current().services();
}

const application::Scoreboard& scoreboard() {
  return services().scoreboard();
}

py::object ask_master(MasterRequest request) {
  if (services().ask_master(request)) return py::bool_(true);
  return py::none();
}

py::tuple version_info(const std::string& version) {
  int numbers[3] = {};
  const char* rest = version.c_str();
  for (int& number : numbers) {
    char* end = nullptr;
    number = static_cast<int>(std::strtol(rest, &end, 10));
    rest = *end == '.' ? end + 1 : end;
  }
  return py::make_tuple(numbers[0], numbers[1], numbers[2], 0,
                        py::bytes(*rest == '-' ? rest + 1 : rest));
}

std::uint64_t of_this_worker(shm::Counter application::WorkerRow::*counter) {
  const unsigned worker = services().worker();
  return worker == 0 ? 0 : (scoreboard().worker(worker - 1).*counter).get();
}

py::dict describe_worker(std::size_t index) {
  const application::WorkerRow& row = scoreboard().worker(index);
  bool busy = false;
  for (std::size_t core = 0; core < scoreboard().cores(); ++core)
    busy = busy || scoreboard().core(index, core).busy.get() != 0;
  const std::uint64_t spawns = row.spawns.get();
  py::dict out;
  out["id"] = index + 1;
  out["pid"] = row.pid.get();
  out["requests"] = row.requests.get();
  out["delta_requests"] = row.since_spawn.get();
  out["exceptions"] = row.exceptions.get();
  out["status"] = py::bytes(row.pid.get() == 0 ? "cheap" : busy ? "busy" : "idle");
  out["respawn_count"] = spawns > 0 ? spawns - 1 : 0;
  out["running_time"] = row.running_time.get();
  out["last_spawn"] = row.last_spawn.get();
  out["avg_rt"] = row.average_time.get();
  out["tx"] = row.sent.get();
  out["harakiri_count"] = row.harakiris.get();
  return out;
}

py::tuple workers() {
  py::tuple all(scoreboard().workers());
  for (std::size_t i = 0; i < all.size(); ++i)
    all[i] = describe_worker(i);
  return all;
}

// Chunks have lost their framing by now: a piece of the body for each call.
py::bytes chunked_read(py::args) {
  application::Exchange& exchange = this_exchange();
  std::string piece(65536, '\0');
  application::Exchange::Piece got;
  {
    const py::gil_scoped_release others_may_run;
    got = exchange.read_body(piece);
  }
  if (got.status != application::ReadStatus::ok) {
    raise(PyExc_OSError, "unable to receive chunked part");
  }
  return {piece.data(), got.bytes};
}

void lock(std::size_t number) {
  Services::LockResult result;
  {
    const py::gil_scoped_release others_may_run;
    result = services().lock(number);
  }
  if (result == Services::LockResult::unknown) raise(PyExc_ValueError, "Invalid lock number");
  if (result == Services::LockResult::held_already) {
    raise(PyExc_ValueError, "this thread has the lock already");
  }
}

void define_locks(py::module_& m) {
  const auto number = py::arg("number") = 0;
  m.def("lock", lock, number);
  m.def(
      "unlock",
      [](std::size_t which) {
        if (!services().unlock(which)) raise(PyExc_ValueError, "Invalid lock number");
      },
      number);
  m.def(
      "is_locked",
      [](std::size_t which) {
        const auto locked = services().is_locked(which);
        if (!locked) raise(PyExc_ValueError, "Invalid lock number");
        return *locked;
      },
      number);
}

void set_user_harakiri(unsigned seconds) {
  const unsigned worker = services().worker();
  if (worker == 0) return;
  scoreboard().core(worker - 1, PythonHost::core).patience.set(seconds);
}

void define_attributes(py::module_& m) {
  const application::Settings& settings = PythonHost::current().settings();
  const std::string version = services().version();
  char host[256] = "";
  ::gethostname(host, sizeof host - 1);
  m.attr("version") = py::bytes(version);
  m.attr("version_info") = version_info(version);
  m.attr("hostname") = py::bytes(host);
  m.attr("numproc") = settings.processes;
  m.attr("cores") = settings.threads;
  m.attr("buffer_size") = 65535;
  m.attr("has_threads") = 1;
  m.attr("started_on") = static_cast<std::int64_t>(std::time(nullptr));
  m.attr("applications") = py::none();
  m.attr("env") = py::none();
  m.attr("SPOOL_OK") = -2;
  m.attr("SPOOL_RETRY") = -1;
  m.attr("SPOOL_IGNORE") = 0;
  py::dict options;
  for (const auto& [name, value] : settings.options) {
    options[py::str(name)] = value ? py::object(py::bytes(*value)) : py::object(py::bool_(true));
  }
  m.attr("opt") = options;
}

void define_process_functions(py::module_& m) {
  m.def("masterpid", [] { return services().master(); });
  m.def("worker_id", [] { return services().worker(); });
  m.def("mule_id", [] { return 0; });
  m.def("total_requests", [] { return scoreboard().common().requests.get(); });
  m.def("request_id", [] {
    return of_this_worker(&application::WorkerRow::requests) + (PythonHost::exchange ? 1 : 0);
  });
  m.def("workers", workers);
  m.def("reload", [] { return ask_master(MasterRequest::reload); });
  m.def("stop", [] { return ask_master(MasterRequest::stop); });
  m.def("micros", [] {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  });
  m.def("set_user_harakiri", set_user_harakiri);
  m.def("i_am_the_spooler", [] { return false; });
}

void define_request_functions(py::module_& m) {
  m.def("log", [](py::handle text) {
    services().log(bytes_of(text));
    return true;
  });
  m.def("log_this_request", [] { this_exchange().log_this_request(); });
  m.def("set_logvar", [](py::handle name, py::handle value) {
    this_exchange().set_log_variable(bytes_of(name), bytes_of(value));
  });
  m.def("add_var", [](py::handle name, py::handle value) {
    this_exchange().set_log_variable("var." + bytes_of(name), bytes_of(value));
    return true;
  });
  m.def("cl", [] { return this_exchange().body_length(); });
  m.def("connection_fd", [] { return this_exchange().fd(); });
  m.def("disconnect", [] { this_exchange().give_up(); });
  m.def("chunked_read", chunked_read);
}

}  // namespace

PYBIND11_EMBEDDED_MODULE(uwsgi, m) {
  define_attributes(m);
  define_process_functions(m);
  define_request_functions(m);
  define_locks(m);
  define_cache_functions(m);
  define_input(m);
  define_answer(m);
  define_file_wrapper(m);
}

}  // namespace reprise::python
