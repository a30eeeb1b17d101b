#pragma once

#include <pybind11/pybind11.h>

namespace reprise::python {

// uwsgi.cache_get and its like, with uWSGI's return values (spec/process/wsgi.md 10.2).
void define_cache_functions(pybind11::module_& module);

}  // namespace reprise::python
