// The udprepeater: a gateway that forwards the datagrams of caches between nodes.
#include <algorithm>

#include "compat/builder.hpp"
#include "compat/options/registry.hpp"

namespace reprise::compat {
namespace {

constexpr int max_processes = 64;  // as of the other routers

// The one that an option is about: the last above it, or the first below.
repeater::GatewaySettings& gateway(Builder& b) {
  auto& gateways = b.config.repeater.gateways;
  if (gateways.empty()) gateways.emplace_back();
  return gateways.back();
}

Written udp_address(Builder& b, const OptionUse& use) {
  const std::string& text = b.address(use, use.text());
  if (text.starts_with('/') || text.starts_with('@') || text.find(':') == text.npos) {
    b.fail(use, "not a UDP address: \"" + text + "\"", "host:port expected, e.g. 10.0.0.7:7101");
  }
  return b.written(use);
}

void add_gateway(Builder& b, const OptionUse& use) {
  auto& gateways = b.config.repeater.gateways;
  // Options that came before are about the first.
  const bool is_begun = gateways.size() == 1 && gateways.front().address.empty();
  if (!is_begun) gateways.emplace_back();
  gateways.back().address = udp_address(b, use);
}

template <std::vector<Written> repeater::GatewaySettings::*member>
void add_address(Builder& b, const OptionUse& use) {
  (gateway(b).*member).push_back(udp_address(b, use));
}

}  // namespace

std::vector<Option> repeater_options() {
  constexpr auto full = Support::full;
  constexpr auto required = Argument::required;
  return {
      {"udprepeater", required, full,
       "forward datagrams of caches between the nodes of a cluster, at this UDP address",
       add_gateway},
      {"udprepeater-to", required, full,
       "a node, or another repeater, that gets everything without subscribing",
       add_address<&repeater::GatewaySettings::members>},
      {"udprepeater-subscription-server", required, full,
       "hear here too which nodes announce themselves to the repeater",
       add_address<&repeater::GatewaySettings::servers>},
      {"udprepeater-processes", required, full, "number of repeater processes",
       [](Builder& b, const OptionUse& use) {
         b.config.repeater.processes = std::max(1, b.integer_up_to(use, 0, max_processes));
       }},
      {"udprepeater-stats", required, full, "serve the repeater's statistics on this address",
       [](Builder& b, const OptionUse& use) {
         b.address(use, use.text());
         b.config.repeater.stats = b.written(use);
       }},
      {"udprepeater-trust", required, full,
       "networks whose nodes get everything by announcing themselves unsigned",
       [](Builder& b, const OptionUse& use) { b.add_ranges(use, b.config.repeater_trust); }},
  };
}

}  // namespace reprise::compat
