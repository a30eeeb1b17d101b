#include "app/replication.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
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

// For one address family. What was inherited has the port by which this node's packets are known,
// also those that the old workers still send.
UniqueFd make_sender(const std::string& cache, int family, const sync::Settings& settings,
                     process::Handover& inherited, Purpose purpose) {
  auto fd = inherited.take(sender_kind, sender_name(cache, family));
  at_origin(settings.multicast_origin, [&] {
    if (!fd || purpose == Purpose::check) {
      fd = net::open_datagram_sender(family, settings.multicast);
    } else {
      net::set_sender_options(fd->get(), settings.multicast);
    }
  });
  return std::move(*fd);
}

bool has_family(const std::vector<net::Endpoint>& nodes, int family) {
  return std::any_of(nodes.begin(), nodes.end(),
                     [&](const net::Endpoint& node) { return node.family() == family; });
}

// One for each address family of the nodes.
std::vector<UniqueFd> make_senders(const std::string& cache,
                                   const std::vector<net::Endpoint>& nodes,
                                   const sync::Settings& settings, process::Handover& inherited,
                                   Purpose purpose) {
  std::vector<UniqueFd> senders;
  for (const int family : {AF_INET, AF_INET6}) {
    if (has_family(nodes, family))
      senders.push_back(make_sender(cache, family, settings, inherited, purpose));
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

// The server from whose address a family's nodes can be reached.
const Replication::Server* server_for(const std::vector<Replication::Server>& servers,
                                      const std::vector<net::Endpoint>& nodes, int family) {
  for (const Replication::Server& server : servers) {
    const net::Endpoint endpoint = net::Endpoint::local(server.fd.get());
    if (server.is_group || endpoint.family() != family) continue;
    const bool reaches = !net::is_loopback(endpoint) ||
                         std::all_of(nodes.begin(), nodes.end(), [&](const net::Endpoint& node) {
                           return node.family() != family || net::is_loopback(node);
                         });
    if (reaches) return &server;
  }
  return nullptr;
}

UniqueFd duplicate(int fd) {
  UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!copy) throw std::system_error(errno, std::system_category(), "fcntl(F_DUPFD_CLOEXEC)");
  return copy;
}

// Members answer where a datagram came from: so it leaves by a socket that this node listens at,
// the one of its own address if there is one. `answering` has those that are servers' too.
std::vector<UniqueFd> make_sealed_senders(const std::string& cache,
                                          const std::vector<net::Endpoint>& nodes,
                                          const std::vector<Replication::Server>& servers,
                                          const sync::Settings& settings,
                                          process::Handover& inherited, Purpose purpose,
                                          std::vector<int>& answering) {
  std::vector<UniqueFd> senders;
  for (const int family : {AF_INET, AF_INET6}) {
    const bool is_heard =
        std::any_of(servers.begin(), servers.end(), [&](const Replication::Server& server) {
          return net::Endpoint::local(server.fd.get()).family() == family;
        });
    if (!has_family(nodes, family) && !is_heard) continue;
    if (const Replication::Server* server = server_for(servers, nodes, family)) {
      // A check leaves the running node's socket as it is.
      if (purpose == Purpose::serve) {
        at_origin(settings.multicast_origin,
                  [&] { net::set_sender_options(server->fd.get(), settings.multicast); });
      }
      senders.push_back(duplicate(server->fd.get()));
      answering.push_back(senders.back().get());
    } else {
      senders.push_back(make_sender(cache, family, settings, inherited, purpose));
    }
  }
  return senders;
}

std::vector<Replication::Server> make_servers(const std::vector<Written>& addresses,
                                              const net::MulticastOptions& multicast,
                                              process::Handover& inherited) {
  std::vector<Replication::Server> servers;
  for (const Written& address : addresses)
    servers.push_back(make_server(address, multicast, inherited));
  return servers;
}

// Processes in which handshakes may wait for sessions of other nodes.
std::size_t pullers(const sessions::Sharing& sharing, const sync::Settings& settings,
                    std::size_t workers) {
  return sharing.longest.count() > 0 && settings.pull_budget.count() > 0 ? workers : 0;
}

}  // namespace

Replication::Replication(cache::Cache& cache, const sync::Settings& settings,
                         const sessions::Sharing& sharing, std::size_t workers,
                         process::Handover& inherited, Purpose purpose)
    : cache_(cache),
      settings_(settings),
      nodes_(resolve_nodes(cache.settings().udp_nodes)),
      servers_(make_servers(cache.settings().udp_servers, settings.multicast, inherited)),
      longest_(sharing.longest),
      acceptance_(sharing),
      ledger_(nodes_),
      sealing_(cache.settings().is_sealed()
                   ? std::make_unique<Sealing>(cache, settings, pullers(sharing, settings, workers),
                                               longest_, inherited, purpose)
                   : nullptr),
      broadcast_(nodes_,
                 sealing_
                     ? make_sealed_senders(cache.settings().name, nodes_, servers_, settings,
                                           inherited, purpose, answering_)
                     : make_senders(cache.settings().name, nodes_, settings, inherited, purpose),
                 ledger_),
      publisher_(broadcast_, ledger_),
      replicated_(cache, teller(), ledger_),
      intake_(cache, &acceptance_, sync::OwnPackets(broadcast_.senders()), ledger_) {}

sync::Teller& Replication::teller() {
  if (sealing_) return sealing_->teller();
  return publisher_;
}

void Replication::start(net::asio::io_context& io) {
  if (!sealing_) {
    announces_ =
        std::make_unique<CacheAnnounces>(cache_.settings().name, announce_targets(), intake_);
    for (const Server& server : servers_)
      net::asio::co_spawn(io, sync::receive(io, server.fd.get(), *announces_), net::asio::detached);
    announces_->start(io);
    return;
  }
  std::vector<int> sockets;
  for (const Server& server : servers_)
    sockets.push_back(server.fd.get());
  for (const UniqueFd& sender : broadcast_.senders()) {
    const bool is_server =
        std::find(answering_.begin(), answering_.end(), sender.get()) != answering_.end();
    if (!is_server) sockets.push_back(sender.get());
  }
  membership_ = std::make_unique<cluster::Membership>(
      io, cluster::Membership::Parts{
              sealing_->packet_keys(), sealing_->cipher(), cache_, intake_, longest_,
              sealing_->shared(), sealing_->tombstones(), ledger_, broadcast_, sealing_->mailbox(),
              *sealing_->name_keys(), std::move(sockets), sealing_->board(), settings_.pull_budget,
              [this] { return sealing_->take_over(); }, settings_.repair_rate});
  membership_->start();
  copies_ = std::make_unique<cluster::Copies>(cluster::Copies::Parts{
      sealing_->packet_keys(), sealing_->cipher(), cache_, membership_->contents()});
}

// Each node that may be a repeater, and the socket that it would reach.
std::vector<CacheAnnounces::Target> Replication::announce_targets() const {
  std::vector<CacheAnnounces::Target> targets;
  for (const net::Endpoint& node : nodes_) {
    if (net::reach_of(node) != net::Reach::unicast) continue;
    const Server* const server = server_for(servers_, {node}, node.family());
    if (server != nullptr) targets.push_back({node, server->fd.get()});
  }
  return targets;
}

void Replication::leave_to_keeper() {
  servers_.clear();
  if (sealing_) broadcast_.close();
  if (sealing_) sealing_->drop_packet_keys();
}

void Replication::drop_keys() {
  if (sealing_) sealing_->drop_keys();
}

void Replication::begin_copy() {
  for (const Written& address : settings().sync_nodes)
    neighbours_.push_back({address.text, try_to_resolve(address.text)});
  if (!neighbours_.empty()) ledger_.cache().copy.set(sync::CopyState::under_way);
}

sync::Copier Replication::copier(net::asio::io_context& io, net::Deadlines& deadlines) {
  return {io, deadlines, cache_, intake_, ledger_.cache().copy, {}, copies_.get()};
}

void Replication::hand_over(process::Handover& handover) const {
  if (sealing_) sealing_->hand_over(settings().name, handover);
  for (const UniqueFd& sender : broadcast_.senders()) {
    if (std::find(answering_.begin(), answering_.end(), sender.get()) != answering_.end()) continue;
    const int family = net::Endpoint::local(sender.get()).family();
    handover.add(sender_kind, sender_name(settings().name, family), sender.get());
  }
  for (const Server& server : servers_) {
    const net::Endpoint endpoint = net::Endpoint::local(server.fd.get());
    handover.add(server_kind, server_name(endpoint, settings_.multicast), server.fd.get());
  }
}

bool Replication::reaches_other_hosts() const {
  const auto is_elsewhere = [](const net::Endpoint& endpoint) {
    return !net::is_loopback(endpoint);
  };
  return std::any_of(nodes_.begin(), nodes_.end(), is_elsewhere) ||
         std::any_of(servers_.begin(), servers_.end(), [&](const Server& server) {
           return is_elsewhere(net::Endpoint::local(server.fd.get()));
         });
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
  if (!sealing_ && reaches_other_hosts())
    lines.push_back(compat::told_in_the_clear(settings().name));
  return lines;
}

}  // namespace reprise::app
