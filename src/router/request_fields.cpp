#include "router/request_fields.hpp"

#include <algorithm>

#include "protocol/text.hpp"

namespace reprise::router {

using protocol::Field;

bool same_name(const Field& a, const Field& b) {
  return protocol::equal_ignoring_case(a.name, b.name);
}

bool could_forge(std::string_view name) {
  return name.find('_') != std::string_view::npos || protocol::equal_ignoring_case(name, "Proxy");
}

bool is_first_of_its_name(std::span<const Field> fields, std::size_t place) {
  const auto before = fields.first(place);
  return std::none_of(before.begin(), before.end(),
                      [&](const Field& other) { return same_name(fields[place], other); });
}

std::string_view between_values(std::string_view name) {
  return protocol::equal_ignoring_case(name, "Cookie") ? "; " : ", ";
}

}  // namespace reprise::router
