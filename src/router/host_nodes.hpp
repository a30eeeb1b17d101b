#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/address.hpp"

namespace reprise::router {

// Asks where somebody has written down which nodes a host has; the text is not trusted.
using HostLookup = std::function<std::optional<std::string>(std::string_view host)>;

// One of a host's nodes.
struct HostNode {
  std::string address;
  net::Endpoint endpoint;
  std::optional<int> modifier1;  // of its packets
};

// What such a text says: "ADDR[,MODIFIER1]", more of them behind '|' (http-router.md 7.4). Empty if
// any part of it is something else, a host name (nobody can wait for a resolver here), or there are
// more than 16 parts or 1,024 bytes.
std::vector<HostNode> parse_host_nodes(std::string_view text);

}  // namespace reprise::router
