#include "python/uwsgi_cache.hpp"

#include "python/host.hpp"
#include "python/text.hpp"

namespace reprise::python {
namespace {

using application::Services;

Services& services() {
  return PythonHost::current().services();
}

std::string name_of(py::handle cache) {
  return cache.is_none() ? std::string() : bytes_of(cache);
}

// uWSGI says True or None.
py::object true_or_none(bool done) {
  if (done) return py::bool_(true);
  return py::none();
}

py::object get(py::handle key, py::handle cache) {
  const auto value = services().cache_get(bytes_of(key), name_of(cache));
  if (!value) return py::none();
  return py::bytes(*value);
}

template <bool update>
py::object set(py::handle key, py::handle value, std::uint64_t expires, py::handle cache) {
  return true_or_none(
      services().cache_set(bytes_of(key), bytes_of(value), expires, name_of(cache), update));
}

template <Services::Operation operation>
py::object change(py::handle key, std::int64_t operand, std::uint64_t expires, py::handle cache) {
  return true_or_none(
      services().cache_change(bytes_of(key), operation, operand, expires, name_of(cache)));
}

template <Services::Operation operation>
void define_change(py::module_& module, const char* name, int operand) {
  module.def(name, change<operation>, py::arg("key"), py::arg("value") = operand,
             py::arg("expires") = 0, py::arg("cache") = py::none());
}

py::list keys(py::handle cache) {
  const std::string name = name_of(cache);
  if (!services().has_cache(name)) {
    raise(PyExc_ValueError, "no local uWSGI cache available");
  }
  py::list out;
  for (const std::string& key : services().cache_keys(name))
    out.append(py::bytes(key));
  return out;
}

}  // namespace

void define_cache_functions(py::module_& module) {
  using Operation = Services::Operation;
  const auto cache = py::arg("cache") = py::none();
  module.def("cache_get", get, py::arg("key"), cache);
  module.def("cache_set", set<false>, py::arg("key"), py::arg("value"), py::arg("expires") = 0,
             cache);
  module.def("cache_update", set<true>, py::arg("key"), py::arg("value"), py::arg("expires") = 0,
             cache);
  module.def(
      "cache_exists",
      [](py::handle key, py::handle name) {
        return true_or_none(services().cache_exists(bytes_of(key), name_of(name)));
      },
      py::arg("key"), cache);
  module.def(
      "cache_del",
      [](py::handle key, py::handle name) {
        return true_or_none(services().cache_delete(bytes_of(key), name_of(name)));
      },
      py::arg("key"), cache);
  module.def(
      "cache_clear",
      [](py::handle name) { return true_or_none(services().cache_clear(name_of(name))); }, cache);
  define_change<Operation::increment>(module, "cache_inc", 1);
  define_change<Operation::decrement>(module, "cache_dec", 1);
  define_change<Operation::multiply>(module, "cache_mul", 2);
  define_change<Operation::divide>(module, "cache_div", 2);
  module.def(
      "cache_num",
      [](py::handle key, py::handle name) {
        return services().cache_number(bytes_of(key), name_of(name));
      },
      py::arg("key"), cache);
  module.def("cache_keys", keys, cache);
}

}  // namespace reprise::python
