#pragma once

#include <string>
#include <vector>

#include "router/uwsgi_vars.hpp"

namespace reprise::router {

// X-Forwarded-For, X-Forwarded-Proto and Forwarded (RFC 7239), as far as the settings want them to
// come from here.

// The field is one of those; what the client sent in it is up to forwarding_fields.
bool is_told_by_us(std::string_view field_name, const Settings& settings);

struct ForwardingField {
  std::string_view name;
  std::string value;
};
std::vector<ForwardingField> forwarding_fields(const protocol::RequestHead& head,
                                               const ConnectionFacts& connection,
                                               const Settings& settings);

}  // namespace reprise::router
