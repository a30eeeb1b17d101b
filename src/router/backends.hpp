#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/written.hpp"
#include "net/address.hpp"
#include "net/name_renewal.hpp"

namespace reprise::router {

// Where a server behind a router is.
struct BackendAddress {
  std::string written;
  net::Endpoint endpoint;
  // An answer without a length comes in chunks that its head does not tell of: ours, whose end is
  // seen where sockets have no reset (application::ServedRequest).
  bool frames = false;
};

// Asks the resolver for names and waits for it, so for the start, before the fork: a worker that is
// started again needs no resolver. Throws std::runtime_error, with the place, for an address that
// does not resolve or is a shared socket.
std::vector<BackendAddress> resolve(const std::vector<Written>& addresses);

// The servers behind a worker: whose turn it is, and which are left alone for a while because they
// could not be reached (spec/routers/http-router.md 7.2). Every worker has its own.
class Backends {
public:
  using Clock = std::chrono::steady_clock;

  // When an address that could not be reached may be tried again.
  struct Mark {
    net::Endpoint endpoint;
    Clock::time_point until;
  };

  struct Node {
    std::string address;  // as written
    net::Endpoint endpoint;
    std::size_t number = 0;  // in the order of the options
    bool frames = false;     // as of its BackendAddress
    Clock::time_point dead_until{};
    bool failed = false;                      // and nobody has reached it since
    bool probed = false;                      // somebody sees to it until it is reached
    std::optional<net::NameRenewal> renewal;  // of one that has a host name
    std::vector<Mark> marks;                  // of its name's other addresses
  };

  // `router` is its name in the log: "http".
  Backends(std::string_view router, const std::vector<BackendAddress>& addresses,
           std::chrono::seconds gracetime);

  // The next in order that has not failed. If all have, one whose grace time is over; it is tried
  // by one request, while it stays alone for the others until mark_reached. Null if there is none.
  Node* next(Clock::time_point now);

  // Unless it is elsewhere meanwhile than where it was `tried`.
  void mark_reached(Node& node, const net::Endpoint& tried);

  // Whom to tell of nodes that fail: router::Prober.
  void when_failed(std::function<void(Node&)> tell) { tell_ = std::move(tell); }

  std::size_t size() const { return nodes_.size(); }

  // uWSGI's line about a node that could not be reached. `why`: the system's words or "timeout".
  // This line and the next come a few times a second at most.
  void report(const std::string& node, int retries, std::string_view why);

  // Leaves it alone for the grace time, with uWSGI's line; if it is elsewhere meanwhile than where
  // it was `tried`, only should its name lead there again. `key` is what was asked for.
  void mark_failed(Node& node, const net::Endpoint& tried, std::string_view key,
                   Clock::time_point now);

  // Of those that take no turns: the one at this place, where its name leads now.
  Node& at(std::size_t place, Clock::time_point now);
  // Once more in vain.
  void still_failed(Node& node, const net::Endpoint& tried, Clock::time_point now);
  // Its name is asked for at the next look.
  static void hurry(Node& node);

private:
  static void look_up(Node& node, Clock::time_point now);
  bool leave_alone(Node& node, const net::Endpoint& tried, Clock::time_point now);

  std::string router_;
  std::function<void(Node&)> tell_;
  std::vector<Node> nodes_;
  std::chrono::seconds gracetime_;
  std::size_t turn_ = 0;
  log::RateLimit failure_lines_{std::chrono::milliseconds(200)};
  log::RateLimit mark_lines_{std::chrono::milliseconds(200)};
};

}  // namespace reprise::router
