#include "app/repeaters.hpp"

#include <signal.h>

#include <algorithm>
#include <stdexcept>

#include "app/child_loop.hpp"
#include "base/log.hpp"
#include "compat/messages.hpp"
#include "net/datagram.hpp"
#include "net/signals.hpp"
#include "process/master.hpp"
#include "repeater/gateway.hpp"
#include "repeater/incoming.hpp"
#include "repeater/static_member.hpp"

namespace reprise::app {
namespace {

constexpr char socket_kind[] = "udprepeater";
constexpr char server_kind[] = "udprepeater-subscription";
constexpr char room_kind[] = "udprepeater-room";

// The lists outlive it.
repeater::Trust::Networks networks(const std::vector<router::AddressRange>& ranges) {
  return [&ranges](const net::Endpoint& source) {
    return std::any_of(ranges.begin(), ranges.end(),
                       [&](const router::AddressRange& range) { return range.contains(source); });
  };
}

repeater::Trust trust_of(const config::Config& config) {
  repeater::Trust trust;
  if (!config.subscription_sources.empty()) {
    trust.may_announce = networks(config.subscription_sources);
  }
  trust.is_trusted = networks(config.repeater_trust);
  if (config.repeater_trust.empty()) {
    trust.is_trusted = [](const net::Endpoint& source) {
      return net::is_loopback(source.unmapped());
    };
  }
  trust.sign_check = config.subscriptions.sign_check;
  trust.freshness = config.subscriptions.freshness;
  return trust;
}

UniqueFd bind(const Written& address, const char* kind, process::Handover& inherited) {
  return at_origin(address.origin, [&] {
    const net::Endpoint wanted = net::resolve_datagram(address.text, net::Role::listen);
    auto fd =
        inherited.take_if(kind, [&](int known) { return net::Endpoint::local(known) == wanted; });
    if (fd) return std::move(*fd);
    try {
      return net::bind_datagram(wanted, {});
    } catch (const std::system_error& error) {
      throw std::runtime_error(compat::cannot_bind_repeater(address.text, error.what()));
    }
  });
}

}  // namespace

Repeaters::Repeaters(const config::Config& config, process::Handover& inherited, Purpose purpose)
    : config_(config),
      trust_(trust_of(config)),
      processes_("reprise-repeaters", static_cast<std::size_t>(config.repeater.processes)) {
  if (trust_.sign_check) {
    at_origin(trust_.sign_check->origin, [&] { subscription::Verifier{*trust_.sign_check}; });
  }
  for (const repeater::GatewaySettings& settings : config.repeater.gateways)
    gateways_.push_back(make(settings, inherited, purpose));
}

std::unique_ptr<Repeaters::Gateway> Repeaters::make(const repeater::GatewaySettings& settings,
                                                    process::Handover& inherited,
                                                    Purpose purpose) const {
  UniqueFd fd = bind(settings.address, socket_kind, inherited);
  repeater::set_hop_options(fd.get());
  std::vector<UniqueFd> servers;
  for (const Written& server : settings.servers)
    servers.push_back(bind(server, server_kind, inherited));
  const net::Endpoint own = net::Endpoint::local(fd.get());
  std::vector<repeater::Address> members;
  for (const Written& written : settings.members) {
    at_origin(written.origin, [&] {
      if (members.size() == repeater::Room::most_members) {
        throw std::runtime_error("a udprepeater has " + std::to_string(members.size()) +
                                 " members at most");
      }
      members.push_back(repeater::static_member(written.text, own));
    });
  }
  auto former = inherited.take(room_kind, own.text());
  auto room = former ? repeater::SharedRoom(std::move(*former)) : repeater::SharedRoom();
  if (purpose == Purpose::serve) repeater::Members(*room).configure(members, repeater::now());
  return std::make_unique<Gateway>(
      Gateway{&settings, std::move(fd), std::move(servers), std::move(room)});
}

int Repeaters::run() {
  net::asio::io_context io(net::one_thread);
  const net::Signals signals(io, {SIGTERM, SIGINT, SIGQUIT, process::look_signal}, [&](int signal) {
    if (signal == process::look_signal) return log::follow();
    io.stop();
  });
  std::vector<std::unique_ptr<repeater::Gateway>> running;
  for (const auto& gateway : gateways_) {
    std::vector<int> servers;
    for (const UniqueFd& server : gateway->servers)
      servers.push_back(server.get());
    running.push_back(std::make_unique<repeater::Gateway>(
        io, repeater::Gateway::Parts{*gateway->room, trust_, gateway->fd.get(), servers}));
    running.back()->start();
  }
  run_loop(io, "udprepeater");
  return 0;
}

void Repeaters::close() {
  for (const auto& gateway : gateways_) {
    gateway->fd.reset();
    gateway->servers.clear();
  }
}

void Repeaters::hand_over(process::Handover& handover) const {
  for (const auto& gateway : gateways_) {
    const std::string address = net::Endpoint::local(gateway->fd.get()).text();
    handover.add(socket_kind, address, gateway->fd.get());
    handover.add(room_kind, address, gateway->room.region_fd());
    for (const UniqueFd& server : gateway->servers)
      handover.add(server_kind, net::Endpoint::local(server.get()).text(), server.get());
  }
}

std::vector<std::string> Repeaters::announcements() const {
  std::vector<std::string> lines;
  for (const auto& gateway : gateways_) {
    lines.push_back(
        compat::router_bound("udprepeater", gateway->settings->address.text, gateway->fd.get()));
    for (std::size_t i = 0; i < gateway->servers.size(); ++i) {
      lines.push_back(compat::subscription_server_bound(
          "udprepeater", gateway->settings->servers[i].text, gateway->servers[i].get()));
    }
  }
  return lines;
}

}  // namespace reprise::app
