#include "router/backends.hpp"

namespace reprise::router {

Backends::Backends(const std::vector<std::string>& addresses, std::chrono::seconds gracetime)
    : gracetime_(gracetime) {
  nodes_.reserve(addresses.size());
  for (const std::string& address : addresses) {
    nodes_.push_back({address, net::resolve(address, net::Role::connect)});
  }
}

Backends::Node* Backends::next(Clock::time_point now) {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    Node& node = nodes_[turn_];
    turn_ = (turn_ + 1) % nodes_.size();
    if (node.dead_until <= now) return &node;
  }
  return nullptr;
}

void Backends::mark_failed(Node& node, Clock::time_point now) {
  node.dead_until = now + gracetime_;
}

void Backends::report(const Node& node, int retries, std::string_view key, std::string_view why) {
  if (!lines_.allow()) return;
  log::line("[uwsgi-http] unable to connect() to node \"{}\" ({} retries): {}", node.address,
            retries, why);
  log::line("[uwsgi-http] {} => marking {} as failed", key, node.address);
}

}  // namespace reprise::router
