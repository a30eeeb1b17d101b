#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <system_error>

#include <fmt/format.h>

#include "check/attempt.hpp"
#include "check/probes.hpp"
#include "compat/messages.hpp"
#include "net/datagram.hpp"
#include "net/listener.hpp"
#include "net/lookup.hpp"
#include "repeater/static_member.hpp"
#include "subscription/server.hpp"

namespace reprise::check {
namespace {

using compat::Code;
using compat::Finding;
using compat::Severity;

constexpr unsigned first_free_port = 1024;

// Every address of the machine.
bool is_any(const net::Endpoint& endpoint) {
  return endpoint.host() == "0.0.0.0" || endpoint.host() == "::";
}

// Whether who listens at one keeps others from the second. Without listening the kernel does not
// say so.
bool exclude_each_other(const net::Endpoint& a, const net::Endpoint& b) {
  if (a == b) return a.port() != 0 || a.family() == AF_UNIX;
  if (a.port() == 0 || a.port() != b.port()) return false;
  if (a.family() == b.family()) return is_any(a) || is_any(b);
  return (a.family() == AF_INET6 && is_any(a)) || (b.family() == AF_INET6 && is_any(b));
}

class Addresses {
public:
  Addresses(const config::Config& config, Report& report) : config_(config), report_(report) {
    routers_.reuse_port = config.process.reuse_port;
    routers_.freebind = config.process.freebind;
  }

  void listen_everywhere() {
    for (const router::ListenerSettings& listener : config_.http.listeners)
      listen({listener.address, listener.origin}, routers_);
    for (const Written& address : config_.raw.listeners)
      listen(address, routers_);
    for (const Written& address : config_.stats.addresses)
      listen(address, plain_);
    for (const Written& address : config_.sync.tcp_servers)
      listen(address, plain_);
    for (const Written* stats : {&config_.http.stats, &config_.raw.stats})
      if (!stats->empty()) listen(*stats, plain_);
    for (const application::SocketSettings& socket : config_.application.sockets)
      listen(socket.address, routers_);
  }

  void hear_announces_everywhere() {
    for (const auto* server : {&config_.http_subscriptions, &config_.raw_subscriptions})
      for (const Written& address : server->addresses)
        hear_announces_at(address);
  }

  void try_repeaters() {
    for (const repeater::GatewaySettings& gateway : config_.repeater.gateways) {
      forward_at(gateway.address);
      look_whether_any(gateway.address);
      for (const Written& server : gateway.servers)
        forward_at(server);
      for (const Written& member : gateway.members)
        try_member(member, gateway.address);
    }
    if (!config_.repeater.stats.empty()) listen(config_.repeater.stats, plain_);
  }

  void ask_for_backends() {
    for (const Written* target : config_.process.log.targets())
      if (process::is_address(*target)) resolve(*target);
    for (const auto* list : {&config_.http.upstreams, &config_.http.fallbacks, &config_.raw.nodes,
                             &config_.raw.fallbacks}) {
      for (const Written& address : *list)
        resolve(address);
    }
  }

  void try_peers() {
    for (const cache::Settings& cache : config_.caches) {
      SharedCache& shared = shared_of(cache.name);
      for (const Written& node : cache.udp_nodes) {
        attempt(report_, Code::name, node.origin, [&] {
          shared.nodes.push_back(
              net::resolve_datagram(node.text, net::Role::connect, net::bounded_lookup));
        });
      }
      for (const Written& server : cache.udp_servers)
        hear_at(server, shared);
      for (const Written& neighbour : cache.sync_nodes)
        resolve(neighbour, Severity::warning);
    }
    try_senders();
  }

private:
  SharedCache& shared_of(const std::string& name) {
    for (SharedCache& cache : report_.shared)
      if (cache.name == name) return cache;
    return nobody_;
  }

  void resolve(const Written& address, Severity severity = Severity::error) {
    attempt(report_, severity, Code::name, address.origin,
            [&] { net::resolve(address.text, net::Role::connect, net::bounded_lookup); });
  }

  void listen(const Written& address, const net::ListenOptions& options) {
    if (address.text.starts_with("fd://")) {
      report_.findings.push_back(compat::finding_at(
          address.origin, Severity::note, Code::unchecked,
          fmt::format("{} is there only if the one that starts the instance passes it",
                      address.text)));
      return;
    }
    attempt(report_, Code::address, address.origin, [&] {
      const auto endpoint = net::resolve(address.text, net::Role::listen, net::bounded_lookup);
      refuse_twice(endpoint, options);
      try_out(address, endpoint, options);
      taken_.push_back({endpoint, options.reuse_port});
    });
  }

  // An address that this configuration has already.
  void refuse_twice(const net::Endpoint& endpoint, const net::ListenOptions& options) const {
    for (const auto& [other, shared] : taken_) {
      if (!exclude_each_other(endpoint, other) || (shared && options.reuse_port)) continue;
      throw std::runtime_error(
          compat::cannot_bind(endpoint.text(), /*in_use=*/true,
                              fmt::format("{}: this configuration listens at {} already",
                                          std::strerror(EADDRINUSE), other.text())));
    }
  }

  void try_out(const Written& address, const net::Endpoint& endpoint,
               const net::ListenOptions& options) {
    try {
      net::Listener::try_out(address.text, endpoint, options);
    } catch (const std::system_error& error) {
      refuse(address, endpoint, error.code());
    }
  }

  void refuse(const Written& address, const net::Endpoint& endpoint, const std::error_code& why) {
    const bool in_use = why == std::errc::address_in_use;
    Finding finding = compat::finding_at(address.origin, Severity::error, Code::address,
                                         compat::cannot_bind(address.text, in_use, why.message()));
    const bool tcp = endpoint.family() != AF_UNIX;
    if (why == std::errc::permission_denied && tcp && endpoint.port() < first_free_port) {
      finding.severity = Severity::warning;
      finding.fix = fmt::format(
          "this user may not listen at ports below {}: start as root, or with "
          "CAP_NET_BIND_SERVICE; whether the port is free could not be told",
          first_free_port);
    } else if (why == std::errc::address_not_available) {
      finding.fix = "an address of this host expected; freebind = true if it comes later";
    }
    report_.findings.push_back(std::move(finding));
  }

  void try_member(const Written& member, const Written& gateway) {
    attempt(report_, Code::name, member.origin, [&] {
      repeater::static_member(
          member.text, net::resolve_datagram(gateway.text, net::Role::listen, net::bounded_lookup),
          net::bounded_lookup);
    });
  }

  // Nodes know a repeater by the address that they send to; on a host with several, what it sends
  // from all of them leaves by the one that the route has.
  void look_whether_any(const Written& address) {
    std::optional<net::Endpoint> endpoint;
    try {
      endpoint = net::resolve_datagram(address.text, net::Role::listen, net::bounded_lookup);
    } catch (const std::exception&) {  // forward_at() has said so
      return;
    }
    if (!is_any(*endpoint)) return;
    report_.findings.push_back(compat::finding_at(
        address.origin, Severity::warning, Code::address,
        "a repeater at every address of the host may send from another one than its nodes know it "
        "by, and those drop what it says",
        "name the address that the nodes have in cache-udp-node"));
  }

  void forward_at(const Written& address) {
    attempt(report_, Code::address, address.origin, [&] {
      const auto endpoint =
          net::resolve_datagram(address.text, net::Role::listen, net::bounded_lookup);
      try {
        servers_.push_back(net::bind_datagram(endpoint, {}));
      } catch (const std::system_error& error) {
        throw std::runtime_error(compat::cannot_bind_repeater(address.text, error.what()));
      }
    });
  }

  // Held until all were tried: two of one address would not start.
  void hear_at(const Written& address, SharedCache& shared) {
    attempt(report_, Code::address, address.origin, [&] {
      const auto endpoint =
          net::resolve_datagram(address.text, net::Role::listen, net::bounded_lookup);
      shared.servers.emplace_back(endpoint, address.origin);
      try {
        servers_.push_back(net::bind_datagram(endpoint, config_.sync.multicast));
      } catch (const std::system_error& error) {
        throw std::runtime_error(compat::cannot_bind_udp(address.text, error.what()));
      }
    });
  }

  void hear_announces_at(const Written& address) {
    attempt(report_, Code::address, address.origin, [&] {
      const auto endpoint = net::resolve(address.text, net::Role::listen, net::bounded_lookup);
      const bool twice =
          endpoint.family() == AF_UNIX &&
          std::find(announced_at_.begin(), announced_at_.end(), endpoint) != announced_at_.end();
      announced_at_.push_back(endpoint);
      try {
        if (twice) throw std::system_error(EADDRINUSE, std::system_category());
        servers_.push_back(subscription::Server::try_out(endpoint));
      } catch (const std::system_error& error) {
        refuse(address, endpoint, error.code());
      }
    });
  }

  // The interface of groups.
  void try_senders() {
    for (const int family : {AF_INET, AF_INET6}) {
      const bool wanted =
          std::any_of(report_.shared.begin(), report_.shared.end(), [&](const SharedCache& cache) {
            return std::any_of(cache.nodes.begin(), cache.nodes.end(),
                               [&](const net::Endpoint& node) { return node.family() == family; });
          });
      if (!wanted) continue;
      attempt(report_, Code::address, config_.sync.multicast_origin,
              [&] { net::open_datagram_sender(family, config_.sync.multicast); });
    }
  }

  const config::Config& config_;
  Report& report_;
  net::ListenOptions routers_, plain_;
  std::vector<std::pair<net::Endpoint, bool>> taken_;  // and whether its port may be shared
  std::vector<UniqueFd> servers_;
  std::vector<net::Endpoint> announced_at_;
  SharedCache nobody_;
};

}  // namespace

void probe_addresses(const config::Config& config, Report& report) {
  Addresses addresses(config, report);
  addresses.ask_for_backends();
  addresses.try_peers();
  addresses.hear_announces_everywhere();
  addresses.try_repeaters();
  addresses.listen_everywhere();
}

}  // namespace reprise::check
