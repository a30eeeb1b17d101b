#pragma once

#include "router/pump.hpp"
#include "subscription/table.hpp"

namespace reprise::router {

// A client and its node, connected: bytes both ways until both have said their end. The end of one
// side is passed on and leaves the other direction open.
class Relay {
public:
  enum class End {
    orderly,
    timed_out,
    client_failed,
    node_failed,
  };

  // References outlive this; who lets `deadline` pass cancels both sockets. `bytes_in` come from
  // the client. `lease`: of the node; null if it did not announce itself.
  Relay(RelayTools& tools, net::Socket& client, net::Socket& node, net::Deadline& deadline,
        shm::Counter& bytes_in, shm::Counter& bytes_out, subscription::Lease* lease = nullptr);
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  net::awaitable<End> run();

private:
  void ended(Pump::End end, End of_source, End of_sink);
  net::awaitable<void> wait_for_both();

  RelayTools& tools_;
  net::Socket& client_;
  net::Socket& node_;
  net::Deadline& deadline_;
  Pump to_node_;
  Pump to_client_;
  End end_ = End::orderly;  // or what went wrong first
  int running_ = 2;
  net::Waiter waiting_;
};

}  // namespace reprise::router
