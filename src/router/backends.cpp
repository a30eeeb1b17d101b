#include "router/backends.hpp"

#include <algorithm>

#include "base/clock.hpp"

namespace reprise::router {
namespace {

// A node that failed has so long to be reached by the request that tries it again.
constexpr std::chrono::seconds probation{1};

}  // namespace

std::vector<BackendAddress> resolve(const std::vector<Written>& addresses) {
  std::vector<BackendAddress> resolved;
  resolved.reserve(addresses.size());
  for (const Written& address : addresses) {
    at_origin(address.origin, [&] {
      resolved.push_back({address.text, net::resolve(address.text, net::Role::connect), false});
    });
  }
  return resolved;
}

Backends::Backends(std::string_view router, const std::vector<BackendAddress>& addresses,
                   std::chrono::seconds gracetime)
    : router_(router), gracetime_(gracetime) {
  nodes_.reserve(addresses.size());
  for (const BackendAddress& address : addresses) {
    Node& node = nodes_.emplace_back();
    node.address = address.written;
    node.endpoint = address.endpoint;
    node.number = nodes_.size() - 1;
    node.frames = address.frames;
    if (net::has_host_name(address.written)) node.renewal.emplace(address.written, coarse_now());
  }
}

// Somebody else may be reachable where the name leads now.
void Backends::look_up(Node& node, Clock::time_point now) {
  if (!node.renewal) return;
  const auto found = node.renewal->look(now);
  if (!found || *found == node.endpoint) return;
  node.endpoint = *found;
  node.dead_until = {};
}

Backends::Node* Backends::next(Clock::time_point now) {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    Node& node = nodes_[turn_];
    turn_ = (turn_ + 1) % nodes_.size();
    look_up(node, now);
    if (node.dead_until > now) continue;
    if (node.failed && nodes_.size() > 1) node.dead_until = now + std::min(gracetime_, probation);
    return &node;
  }
  return nullptr;
}

void Backends::mark_reached(Node& node) {
  if (!node.failed) return;
  node.failed = false;
  node.dead_until = {};
}

void Backends::report(const std::string& node, int retries, std::string_view why) {
  if (!failure_lines_.allow()) return;
  log::line("[uwsgi-{}] unable to connect() to node \"{}\" ({} retries): {}", router_, node,
            retries, why);
}

Backends::Node& Backends::at(std::size_t place, Clock::time_point now) {
  Node& node = nodes_.at(place);
  look_up(node, now);
  return node;
}

void Backends::hurry(Node& node) {
  if (node.renewal) node.renewal->hurry();
}

void Backends::mark_failed(Node& node, const net::Endpoint& tried, std::string_view key,
                           Clock::time_point now) {
  if (node.endpoint != tried) return;
  node.dead_until = now + gracetime_;
  node.failed = true;
  hurry(node);
  if (!mark_lines_.allow()) return;
  log::line("[uwsgi-{}] {} => marking {} as failed", router_, key, node.address);
}

}  // namespace reprise::router
