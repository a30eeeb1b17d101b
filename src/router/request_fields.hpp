#pragma once

#include <span>

#include "protocol/http_head.hpp"

namespace reprise::router {

// What becomes of a request's fields on their way to a backend, whatever is spoken with it.

bool same_name(const protocol::Field& a, const protocol::Field& b);

// As a variable of CGI, such a name is the same as another one's (httpoxy: HTTP_PROXY).
bool could_forge(std::string_view name);

// Fields of one name become one, at the place of the first.
bool is_first_of_its_name(std::span<const protocol::Field> fields, std::size_t place);
// What stands between their values then.
std::string_view between_values(std::string_view name);

}  // namespace reprise::router
