#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/unique_fd.hpp"
#include "net/address.hpp"
#include "net/asio.hpp"
#include "subscription/announcement.hpp"
#include "subscription/settings.hpp"
#include "subscription/signature.hpp"

namespace reprise::subscription {

// What this node is, as it announces it.
struct OwnFacts {
  std::vector<std::string> sockets;  // addresses of our own, as bound
  std::uint64_t cores = 1;
};

// What an announce needs, one by one. Each throws std::runtime_error, without the place.
net::Endpoint server_of(const Subscription& subscription, net::Lookup lookup = ::getaddrinfo);
std::string address_of(const Subscription& subscription, const OwnFacts& own);
Key signing_key_of(const Subscription& subscription);  // null: it is not signed

// Announces this node to routers: at the start, half a second later (with signatures one and a
// half), and every period; and that it leaves, when it does. A datagram is sent without waiting;
// nobody answers.
class Announcer {
public:
  // Reads keys. Throws std::runtime_error, with the place, for a server, key file, digest or socket
  // that is none.
  Announcer(const ClientSettings& settings, OwnFacts own);
  Announcer(const Announcer&) = delete;
  Announcer& operator=(const Announcer&) = delete;

  // Announces for as long as the loop runs. `after_reload`: with leave_at_reload, it leaves first.
  net::awaitable<void> run(net::asio::io_context& io, bool after_reload);

  // Tells all servers that this node leaves.
  void leave();

private:
  struct Target {
    const Subscription* subscription;
    net::Endpoint server;
    std::string address;
    Key key;
  };

  void send_all(bool leaves);
  void send_listed(const Target& target, bool leaves);
  void send(const Target& target, std::string_view key, int modifier1, bool leaves);
  int sender(int family);
  Target make_target(const Subscription& subscription) const;

  const ClientSettings& settings_;
  OwnFacts own_;
  std::vector<Target> targets_;
  std::map<int, UniqueFd> senders_;  // by address family
  log::RateLimit failure_lines_{std::chrono::seconds(10)};
};

}  // namespace reprise::subscription
