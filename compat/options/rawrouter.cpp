#include "compat/builder.hpp"
#include "compat/options/registry.hpp"

namespace reprise::compat {
namespace {

using std::chrono::seconds;
using Raw = router::RawSettings;

constexpr int max_processes = 64;  // of all routers, as in uWSGI

void add_listener(Builder& b, const OptionUse& use) {
  b.config.raw.listeners.push_back(
      {b.address(use, use.text()), use.place.describe_key("for this listener")});
}

template <std::vector<Written> Raw::*member>
void add_node(Builder& b, const OptionUse& use) {
  b.address(use, use.text());
  (b.config.raw.*member).push_back(b.written(use));
}

void set_stats(Builder& b, const OptionUse& use) {
  b.address(use, use.text());
  b.config.raw.stats = b.written(use);
}

void set_processes(Builder& b, const OptionUse& use) {
  b.config.raw.processes = std::max(1, b.integer_up_to(use, 0, max_processes));
}

template <seconds Raw::*member>
void set_seconds(Builder& b, const OptionUse& use) {
  const int value = b.integer(use);
  if (value > 0) b.config.raw.*member = seconds(value);
}

template <bool Raw::*member>
void set_flag(Builder& b, const OptionUse& use) {
  b.config.raw.*member = b.flag(use);
}

void set_max_retries(Builder& b, const OptionUse& use) {
  const int value = b.integer(use);
  if (value > 0) b.config.raw.max_retries = value;
}

void set_proxy_header(Builder& b, const OptionUse& use) {
  switch (b.integer_up_to(use, 0, 2)) {
    case 1:
      b.config.raw.proxy_header = router::ProxyHeader::version_1;
      break;
    case 2:
      b.config.raw.proxy_header = router::ProxyHeader::version_2;
      break;
    default:
      b.config.raw.proxy_header = router::ProxyHeader::none;
      break;
  }
}

constexpr std::string_view nodes_by_name = "nodes are named with rawrouter-to";

}  // namespace

std::vector<Option> rawrouter_options() {
  constexpr auto full = Support::full;
  constexpr auto accepted = Support::accepted;
  constexpr auto ignored = Support::ignored;
  constexpr auto required = Argument::required;
  constexpr auto none = Argument::none;
  constexpr auto optional = Argument::optional;
  return {
      {"rawrouter", required, full, "add a raw listener: bytes are passed through", add_listener},
      {"rawrouter-to", required, full, "pass connections to this node, in turn with others",
       add_node<&Raw::nodes>},
      {"rawrouter-fallback", required, full, "a node for when another could not be reached",
       add_node<&Raw::fallbacks>},
      {"rawrouter-processes", required, full, "number of raw router processes", set_processes},
      {"rawrouter-workers", required, full, "number of raw router processes", set_processes},
      {"rawrouter-timeout", required, full, "seconds without a byte that end a connection",
       set_seconds<&Raw::timeout>},
      {"rawrouter-connect-timeout", required, full, "seconds for connecting to a node",
       set_seconds<&Raw::connect_timeout>},
      {"rawrouter-gracetime", required, full, "seconds that a failed node is left alone",
       set_seconds<&Raw::gracetime>},
      {"rawrouter-max-retries", required, full, "other nodes that a connection may try",
       set_max_retries},
      {"rawrouter-quiet", required, full, "no lines about attempts to connect that failed",
       set_flag<&Raw::quiet>},
      {"rawrouter-xclient", none, full, "tell mail servers the client's address by XCLIENT",
       set_flag<&Raw::xclient>},
      {"rawrouter-proxy-protocol", optional, full,
       "tell nodes the client's address by a PROXY header of this version, 1 or 2",
       set_proxy_header},
      {"rawrouter-stats", required, full, "serve the raw router's statistics on this address",
       set_stats},
      {"rawrouter-stats-server", required, full,
       "serve the raw router's statistics on this address", set_stats},
      {"rawrouter-ss", required, full, "serve the raw router's statistics on this address",
       set_stats},
      {"rawrouter-events", required, accepted, "the event loop takes what there is"},
      {"rawrouter-buffer-size", required, accepted,
       "a buffer is held only while bytes move, and long streams stay in the kernel"},
      {"rawrouter-subscription-slot", required, accepted, "it has no meaning in uWSGI either"},
      {"rawrouter-cheap", none, ignored, "a client is accepted, and closed while no node is known"},
      {"rawrouter-harakiri", required, ignored, "every connection has its own limits"},
      {"rawrouter-zerg", required, ignored, "listeners are handed over at a reload instead"},
      {"rawrouter-use-cache", optional, ignored, nodes_by_name},
      {"rawrouter-use-pattern", required, ignored, nodes_by_name},
      {"rawrouter-use-base", required, ignored, nodes_by_name},
      {"rawrouter-use-code-string", required, ignored, nodes_by_name},
      {"rawrouter-use-socket", optional, ignored, nodes_by_name},
  };
}

}  // namespace reprise::compat
