#include "router/backends.hpp"

namespace reprise::router {

std::vector<BackendAddress> resolve(const std::vector<Written>& addresses) {
  std::vector<BackendAddress> resolved;
  resolved.reserve(addresses.size());
  for (const Written& address : addresses) {
    at_origin(address.origin, [&] {
      resolved.push_back({address.text, net::resolve(address.text, net::Role::connect)});
    });
  }
  return resolved;
}

Backends::Backends(std::string_view router, const std::vector<BackendAddress>& addresses,
                   std::chrono::seconds gracetime)
    : router_(router), gracetime_(gracetime) {
  nodes_.reserve(addresses.size());
  for (const BackendAddress& address : addresses)
    nodes_.push_back({address.written, address.endpoint, nodes_.size()});
}

Backends::Node* Backends::next(Clock::time_point now) {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    Node& node = nodes_[turn_];
    turn_ = (turn_ + 1) % nodes_.size();
    if (node.dead_until <= now) return &node;
  }
  return nullptr;
}

void Backends::report(const std::string& node, int retries, std::string_view why) {
  if (!failure_lines_.allow()) return;
  log::line("[uwsgi-{}] unable to connect() to node \"{}\" ({} retries): {}", router_, node,
            retries, why);
}

void Backends::mark_failed(Node& node, std::string_view key, Clock::time_point now) {
  node.dead_until = now + gracetime_;
  if (!mark_lines_.allow()) return;
  log::line("[uwsgi-{}] {} => marking {} as failed", router_, key, node.address);
}

}  // namespace reprise::router
