#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "net/address.hpp"
#include "router/settings.hpp"

namespace reprise::router {

// The path of a host's own unix socket. Nothing for a name that could lead elsewhere, or that is
// too long for one: a client chooses it.
std::optional<std::string> node_path(const NamedNodes& nodes, std::string_view host);

// `path` is one that node_path gave.
net::Endpoint unix_endpoint(std::string_view path);

}  // namespace reprise::router
