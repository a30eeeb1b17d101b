#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/log.hpp"
#include "net/address.hpp"

namespace reprise::router {

// The uwsgi servers behind a worker: whose turn it is, and which are left alone for a while because
// they could not be reached (spec/routers/http-router.md 7.2). Every worker has its own.
class Backends {
public:
  using Clock = std::chrono::steady_clock;

  struct Node {
    std::string address;  // as written
    net::Endpoint endpoint;
    Clock::time_point dead_until{};
  };

  // Resolves names. Throws std::invalid_argument for an address that is none or does not resolve.
  Backends(const std::vector<std::string>& addresses, std::chrono::seconds gracetime);

  // The next in order that is not left alone; null if there is none.
  Node* next(Clock::time_point now);

  // Leaves it alone for the grace time.
  void mark_failed(Node& node, Clock::time_point now);

  // uWSGI's lines about a node that could not be reached, a few of them a second at most. `key` is
  // the host that was asked for, `why` the system's words or "timeout".
  void report(const Node& node, int retries, std::string_view key, std::string_view why);

private:
  std::vector<Node> nodes_;
  std::chrono::seconds gracetime_;
  std::size_t turn_ = 0;
  log::RateLimit lines_{std::chrono::milliseconds(200)};
};

}  // namespace reprise::router
