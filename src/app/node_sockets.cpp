// What a node says of its sockets, and how it takes those away that have a path.
#include "app/node.hpp"
#include "compat/messages.hpp"
#include "sync/intake.hpp"

namespace reprise::app {

std::vector<std::string> Node::keeper_announcements() const {
  std::vector<std::string> lines;
  for (const auto& replication : replications_) {
    for (std::string& line : replication->server_announcements())
      lines.push_back(std::move(line));
  }
  for (const net::Listener& listener : cache_listeners_) {
    lines.push_back(compat::cache_server_enabled(listener.address(), listener.fd()));
    if (sync::is_this_host(net::Endpoint::local(listener.fd()))) continue;
    lines.push_back(compat::cache_server_reachable(listener.address()));
  }
  for (const net::Listener& listener : stats_listeners_) {
    lines.push_back(compat::stats_enabled(listener.address(), listener.fd()));
  }
  if (http_stats_listener_) {
    lines.push_back(compat::router_stats_enabled("http", http_stats_listener_->address(),
                                                 http_stats_listener_->fd()));
  }
  if (raw_stats_listener_) {
    lines.push_back(compat::router_stats_enabled("rawrouter", raw_stats_listener_->address(),
                                                 raw_stats_listener_->fd()));
  }
  if (repeater_stats_listener_) {
    lines.push_back(compat::router_stats_enabled("udprepeater", repeater_stats_listener_->address(),
                                                 repeater_stats_listener_->fd()));
  }
  return lines;
}

std::vector<std::string> Node::remove_sockets(
    const std::function<bool(const std::string& path)>& keeps) const {
  std::vector<std::string> lines;
  const auto remove = [&](const net::Listener& listener, bool stats) {
    if (keeps(net::Endpoint::local(listener.fd()).path())) return;
    const std::string path = listener.remove_socket_file();
    if (path.empty()) return;
    lines.push_back(compat::vacuum_socket(path, stats));
  };
  for (const net::Listener& listener : listeners_)
    remove(listener, /*stats=*/false);
  for (const net::Listener& listener : raw_listeners_)
    remove(listener, /*stats=*/false);
  if (applications_) {
    for (const net::Listener& listener : applications_->listeners())
      remove(listener, /*stats=*/false);
  }
  for (const net::Listener& listener : stats_listeners_)
    remove(listener, /*stats=*/true);
  for (const net::Listener& listener : cache_listeners_)
    remove(listener, /*stats=*/false);
  if (http_stats_listener_) remove(*http_stats_listener_, /*stats=*/true);
  if (raw_stats_listener_) remove(*raw_stats_listener_, /*stats=*/true);
  if (repeater_stats_listener_) remove(*repeater_stats_listener_, /*stats=*/true);
  for (const auto* subscriptions : {http_subscriptions_.get(), raw_subscriptions_.get()}) {
    if (subscriptions == nullptr) continue;
    for (const std::string& path : subscriptions->remove_sockets())
      lines.push_back(compat::vacuum_socket(path, /*stats=*/false));
  }
  return lines;
}

}  // namespace reprise::app
