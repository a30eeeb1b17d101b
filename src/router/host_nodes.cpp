#include "router/host_nodes.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace reprise::router {
namespace {

constexpr std::size_t most_bytes = 1024;
constexpr std::size_t most_parts = 16;
constexpr int largest_modifier = 255;

std::optional<int> parse_modifier(std::string_view text) {
  int value = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  const bool good = error == std::errc() && stopped == end && value >= 0;
  return good && value <= largest_modifier ? std::optional(value) : std::nullopt;
}

std::optional<HostNode> parse_part(std::string_view text) {
  HostNode node;
  const std::size_t comma = std::min(text.find(','), text.size());
  node.address = text.substr(0, comma);
  if (comma < text.size()) {
    node.modifier1 = parse_modifier(text.substr(comma + 1));
    if (!node.modifier1) return std::nullopt;
  }
  try {
    if (net::has_host_name(node.address)) return std::nullopt;
    node.endpoint = net::resolve(node.address, net::Role::connect);
  } catch (const std::invalid_argument&) {
    return std::nullopt;
  }
  return node;
}

}  // namespace

std::vector<HostNode> parse_host_nodes(std::string_view text) {
  std::vector<HostNode> nodes;
  if (text.empty() || text.size() > most_bytes) return nodes;
  for (bool more = true; more;) {
    const std::size_t bar = std::min(text.find('|'), text.size());
    auto node = parse_part(text.substr(0, bar));
    if (!node || nodes.size() == most_parts) return {};
    nodes.push_back(std::move(*node));
    more = bar < text.size();
    text.remove_prefix(std::min(bar + 1, text.size()));
  }
  return nodes;
}

}  // namespace reprise::router
