#include "app/replication.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <system_error>

#include "base/written.hpp"
#include "compat/messages.hpp"
#include "net/datagram.hpp"
#include "sync/receiver.hpp"

namespace reprise::app {
namespace {

constexpr char server_kind[] = "udp";
constexpr char sender_kind[] = "udp-sender";

std::vector<net::Endpoint> resolve_nodes(const std::vector<Written>& nodes) {
  std::vector<net::Endpoint> endpoints;
  for (const Written& node : nodes) {
    endpoints.push_back(at_origin(
        node.origin, [&] { return net::resolve_datagram(node.text, net::Role::connect); }));
  }
  return endpoints;
}

std::string sender_name(const std::string& cache, int family) {
  return cache + (family == AF_INET ? " IPv4" : " IPv6");
}

// One for each address family of the nodes. What was inherited has the port by which this node's
// packets are known, also those that the old workers still send.
std::vector<UniqueFd> make_senders(const std::string& cache,
                                   const std::vector<net::Endpoint>& nodes,
                                   const sync::Settings& settings, process::Handover& inherited,
                                   Purpose purpose) {
  std::vector<UniqueFd> senders;
  for (const int family : {AF_INET, AF_INET6}) {
    const bool wanted = std::any_of(nodes.begin(), nodes.end(), [&](const net::Endpoint& node) {
      return node.family() == family;
    });
    if (!wanted) continue;
    auto fd = inherited.take(sender_kind, sender_name(cache, family));
    at_origin(settings.multicast_origin, [&] {
      if (!fd || purpose == Purpose::check) {
        fd = net::open_datagram_sender(family, settings.multicast);
      } else {
        net::set_sender_options(fd->get(), settings.multicast);
      }
    });
    senders.push_back(std::move(*fd));
  }
  return senders;
}

// A group's socket is a member on one interface.
std::string server_name(const net::Endpoint& endpoint, const net::MulticastOptions& multicast) {
  const bool is_group = net::reach_of(endpoint) == net::Reach::multicast;
  return is_group ? endpoint.text() + "%" + multicast.interface : endpoint.text();
}

Replication::Server make_server(const Written& address, const net::MulticastOptions& multicast,
                                process::Handover& inherited) {
  return at_origin(address.origin, [&] {
    const net::Endpoint endpoint = net::resolve_datagram(address.text, net::Role::listen);
    const bool is_group = net::reach_of(endpoint) == net::Reach::multicast;
    auto fd = inherited.take(server_kind, server_name(endpoint, multicast));
    if (fd) return Replication::Server{address.text, is_group, std::move(*fd)};
    try {
      return Replication::Server{address.text, is_group, net::bind_datagram(endpoint, multicast)};
    } catch (const std::system_error& e) {
      throw std::runtime_error(compat::cannot_bind_udp(address.text, e.what()));
    }
  });
}

// A neighbour may be down with its name server: not a reason not to start.
std::optional<net::Endpoint> try_to_resolve(const std::string& address) {
  try {
    return net::resolve(address, net::Role::connect);
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

}  // namespace

Replication::Replication(cache::Cache& cache, const sync::Settings& settings,
                         const sessions::Sharing& sharing, process::Handover& inherited,
                         Purpose purpose)
    : cache_(cache),
      settings_(settings),
      nodes_(resolve_nodes(cache.settings().udp_nodes)),
      acceptance_(sharing),
      ledger_(nodes_),
      publisher_(nodes_, make_senders(cache.settings().name, nodes_, settings, inherited, purpose),
                 ledger_),
      replicated_(cache, publisher_, ledger_),
      intake_(cache, &acceptance_, sync::OwnPackets(publisher_.senders()), ledger_) {
  for (const Written& address : cache.settings().udp_servers)
    servers_.push_back(make_server(address, settings.multicast, inherited));
}

void Replication::start(net::asio::io_context& io) {
  for (const Server& server : servers_) {
    net::asio::co_spawn(io, sync::receive(io, server.fd.get(), intake_), net::asio::detached);
  }
}

void Replication::begin_copy() {
  for (const Written& address : settings().sync_nodes)
    neighbours_.push_back({address.text, try_to_resolve(address.text)});
  if (!neighbours_.empty()) ledger_.cache().copy.set(sync::CopyState::under_way);
}

sync::Copier Replication::copier(net::asio::io_context& io, net::Deadlines& deadlines) {
  return {io, deadlines, cache_, intake_, ledger_.cache().copy, {}};
}

void Replication::hand_over(process::Handover& handover) const {
  for (const UniqueFd& sender : publisher_.senders()) {
    const int family = net::Endpoint::local(sender.get()).family();
    handover.add(sender_kind, sender_name(settings().name, family), sender.get());
  }
  for (const Server& server : servers_) {
    const net::Endpoint endpoint = net::Endpoint::local(server.fd.get());
    handover.add(server_kind, server_name(endpoint, settings_.multicast), server.fd.get());
  }
}

std::vector<std::string> Replication::announcements() const {
  std::vector<std::string> lines;
  for (const Written& node : settings().udp_nodes)
    lines.push_back(compat::udp_node_added(node.text, settings().name));
  return lines;
}

std::vector<std::string> Replication::server_announcements() const {
  std::vector<std::string> lines;
  if (!servers_.empty()) lines.push_back(compat::udp_servers_enabled(settings().name));
  for (const Server& server : servers_) {
    if (server.is_group) lines.push_back(compat::group_joined(server.address));
    lines.push_back(compat::udp_server_running(server.address, settings().name));
  }
  return lines;
}

}  // namespace reprise::app
