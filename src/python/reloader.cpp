#include "python/reloader.hpp"

#include <pybind11/embed.h>

namespace reprise::python {
namespace {

namespace py = pybind11;

constexpr char source[] = R"(
import os
import sys
import threading
import time
import uwsgi

def changed(seen):
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if not file:
            continue
        try:
            mtime = os.stat(file).st_mtime
        except OSError:
            continue
        if seen.setdefault(file, mtime) != mtime:
            return file
    return None

def watch(period):
    seen = {}
    while True:
        file = changed(seen)
        if file:
            uwsgi.log(f"[uwsgi-python-reloader] module/file {file} has been modified")
            uwsgi.reload()
            return
        time.sleep(period)

threading.Thread(target=watch, args=(period,), daemon=True, name="uWSGIAutoReloader").start()
uwsgi.log("Python auto-reloader enabled")
)";

}  // namespace

void start_reloader(std::chrono::seconds period) {
  py::dict scope;
  scope["__builtins__"] = py::module_::import("builtins");
  scope["__name__"] = "uwsgi_reloader";
  scope["period"] = period.count();
  py::exec(source, scope);
}

}  // namespace reprise::python
