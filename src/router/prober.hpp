#pragma once

#include <chrono>
#include <memory>
#include <random>

#include "net/deadline.hpp"
#include "router/backends.hpp"

namespace reprise::router {

// Connects to nodes that failed, each time their grace time is over, until somebody is there: so
// that no client waits for finding out. One connection a node at a time, and nothing is sent.
class Prober {
public:
  // References outlive this. `patience` is for one attempt to connect.
  Prober(net::asio::io_context& io, net::Deadlines& deadlines, Backends& backends,
         std::chrono::milliseconds patience);
  Prober(const Prober&) = delete;
  Prober& operator=(const Prober&) = delete;
  ~Prober();

private:
  using Alive = std::shared_ptr<const bool>;

  void see_to(Backends::Node& node);
  net::awaitable<void> probe(Backends::Node& node, Alive alive);
  net::awaitable<error_code> connect(const net::Endpoint& endpoint);
  std::chrono::milliseconds some_delay();

  net::asio::io_context& io_;
  net::Deadlines& deadlines_;
  Backends& backends_;
  std::chrono::milliseconds patience_;
  std::minstd_rand random_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace reprise::router
