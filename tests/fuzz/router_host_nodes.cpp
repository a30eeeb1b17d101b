// What a cache says of a host's nodes (http-use-cache): applications and other hosts write there.
#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>

#include "router/host_nodes.hpp"
#include "tests/fuzz/pieces.hpp"

namespace reprise::router {
namespace {

using fuzz::check;

std::string text_of(const std::vector<HostNode>& nodes) {
  std::string text;
  for (const HostNode& node : nodes) {
    if (!text.empty()) text += '|';
    text += node.address;
    if (node.modifier1) text += "," + std::to_string(*node.modifier1);
  }
  return text;
}

void check_node(const HostNode& node, std::string_view text) {
  check(!node.address.empty() && text.find(node.address) != text.npos);
  const int family = node.endpoint.family();
  check(family == AF_UNIX || family == AF_INET || family == AF_INET6);
  check(!node.modifier1 || (*node.modifier1 >= 0 && *node.modifier1 <= 255));
}

}  // namespace
}  // namespace reprise::router

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace reprise::router;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto nodes = parse_host_nodes(text);
  reprise::fuzz::check(nodes.size() <= 16 && (nodes.empty() || size <= 1024));
  for (const HostNode& node : nodes)
    check_node(node, text);
  // What was read can be written, and reads as the same.
  const auto again = parse_host_nodes(text_of(nodes));
  reprise::fuzz::check(again.size() == nodes.size());
  for (std::size_t i = 0; i < again.size(); ++i) {
    reprise::fuzz::check(again[i].endpoint == nodes[i].endpoint);
    reprise::fuzz::check(again[i].modifier1 == nodes[i].modifier1);
  }
  return 0;
}
