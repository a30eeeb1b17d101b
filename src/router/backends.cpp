#include "router/backends.hpp"

#include <algorithm>

#include "base/clock.hpp"

namespace reprise::router {
namespace {

// A node that failed has so long to be reached by the request that tries it again.
constexpr std::chrono::seconds probation{1};

// Of one name. One more takes the place of the oldest.
constexpr std::size_t most_marks = 16;

auto find_mark(Backends::Node& node, const net::Endpoint& endpoint) {
  return std::find_if(node.marks.begin(), node.marks.end(),
                      [&](const Backends::Mark& mark) { return mark.endpoint == endpoint; });
}

void remember(Backends::Node& node, const Backends::Mark& mark) {
  const auto known = find_mark(node, mark.endpoint);
  if (known != node.marks.end()) node.marks.erase(known);
  if (node.marks.size() == most_marks) node.marks.erase(node.marks.begin());
  node.marks.push_back(mark);
}

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

// A resolver may give one address after the other: a mark is the address's, not the name's.
void Backends::look_up(Node& node, Clock::time_point now) {
  if (!node.renewal) return;
  const auto found = node.renewal->look(now);
  if (!found || *found == node.endpoint) return;
  const auto mark = find_mark(node, *found);
  const bool is_remembered = mark != node.marks.end();
  // One whose time is over counts for nothing: nobody probes an address that is not in use.
  const bool is_marked = is_remembered && mark->until > now;
  if (is_marked && !node.failed) return;  // what is known is better
  const Clock::time_point until = is_marked ? mark->until : Clock::time_point{};
  if (is_remembered) node.marks.erase(mark);
  if (node.failed) remember(node, {node.endpoint, node.dead_until});
  node.endpoint = *found;
  node.dead_until = until;
  node.failed = is_marked;
}

Backends::Node* Backends::next(Clock::time_point now) {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    Node& node = nodes_[turn_];
    turn_ = (turn_ + 1) % nodes_.size();
    look_up(node, now);
    if (!node.failed) return &node;
  }
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    Node& node = nodes_[turn_];
    turn_ = (turn_ + 1) % nodes_.size();
    if (node.dead_until > now) continue;
    if (nodes_.size() > 1) node.dead_until = now + std::min(gracetime_, probation);
    return &node;
  }
  return nullptr;
}

void Backends::mark_reached(Node& node, const net::Endpoint& tried) {
  if (!node.failed || node.endpoint != tried) return;
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

bool Backends::leave_alone(Node& node, const net::Endpoint& tried, Clock::time_point now) {
  const Clock::time_point until = now + gracetime_;
  hurry(node);
  if (node.endpoint != tried) {
    if (node.renewal) remember(node, {tried, until});
    return false;
  }
  node.dead_until = until;
  node.failed = true;
  return true;
}

void Backends::mark_failed(Node& node, const net::Endpoint& tried, std::string_view key,
                           Clock::time_point now) {
  if (!leave_alone(node, tried, now)) return;
  if (tell_) tell_(node);
  if (!mark_lines_.allow()) return;
  log::line("[uwsgi-{}] {} => marking {} as failed", router_, key, node.address);
}

void Backends::still_failed(Node& node, const net::Endpoint& tried, Clock::time_point now) {
  leave_alone(node, tried, now);
}

}  // namespace reprise::router
