// The part of Node that has nodes which announce themselves, and announces this one.
#include <filesystem>

#include "app/node.hpp"

namespace reprise::app {

void Node::make_subscriptions(process::Handover& inherited, Purpose purpose) {
  const auto make = [&](const subscription::ServerSettings& settings) {
    return settings.wanted()
               ? std::make_unique<Subscriptions>(config_, settings, inherited, purpose)
               : nullptr;
  };
  http_subscriptions_ = make(config_.http_subscriptions);
  raw_subscriptions_ = make(config_.raw_subscriptions);
  for (const auto* subscriptions : {http_subscriptions_.get(), raw_subscriptions_.get()}) {
    if (subscriptions == nullptr) continue;
    for (std::string& line : subscriptions->announcements())
      announcements_.push_back(std::move(line));
  }
}

void Node::make_repeaters(process::Handover& inherited, Purpose purpose) {
  if (config_.repeater.gateways.empty()) return;
  repeaters_.emplace(config_, inherited, purpose);
  for (std::string& line : repeaters_->announcements())
    announcements_.push_back(std::move(line));
}

// Sockets as they were bound, for ports may have been the system's choice or came with a
// descriptor; paths as others find them.
void Node::make_announces(process::Handover& inherited, Purpose purpose) {
  if (config_.announces.subscriptions.empty()) return;
  std::vector<std::string> sockets;
  const auto& settings = config_.application.sockets;
  for (std::size_t i = 0; applications_ && i < settings.size(); ++i) {
    if (settings[i].protocol != application::Protocol::uwsgi) continue;
    const net::Listener& socket = applications_->listeners()[i];
    const std::string path = net::Endpoint::local(socket.fd()).path();
    sockets.push_back(path.empty() ? socket.bound_name()
                                   : std::filesystem::absolute(path).string());
  }
  announces_ = std::make_unique<Announces>(config_, std::move(sockets), inherited, purpose);
}

}  // namespace reprise::app
