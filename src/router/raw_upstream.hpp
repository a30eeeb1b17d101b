#pragma once

#include <optional>
#include <string_view>

#include "net/socket.hpp"
#include "router/raw_worker.hpp"

namespace reprise::router {

// A session's connection to a node: finds one that answers, and counts as the node's while it
// lives.
class RawUpstream {
public:
  enum class Outcome {
    connected,
    no_node,    // none was left to try
    failed,     // those that were tried could not be reached
    exhausted,  // this process or the system is out of something
  };

  // References outlive this; `deadline` is the session's.
  RawUpstream(RawWorker& worker, net::Deadline& deadline) : worker_(worker), deadline_(deadline) {}
  ~RawUpstream();
  RawUpstream(const RawUpstream&) = delete;
  RawUpstream& operator=(const RawUpstream&) = delete;

  // Tries the node whose turn it is, then the fallbacks in their order, or the next nodes if there
  // are none. `key` is for the log.
  net::awaitable<Outcome> connect(std::string_view key);

  // Once connected.
  net::Socket& socket() { return *socket_; }

  // Wakes whoever waits here. Harmless at any time.
  void cancel();

private:
  // Somebody to connect to: a node, or a fallback (no node).
  struct Target {
    Backends::Node* node;
    const std::string* address;
    net::Endpoint endpoint;  // a node's may have changed when this was tried
    RawNodeCounters* counters;
    Backends::Node* fallback = nullptr;
  };

  std::optional<Target> first_target();
  std::optional<Target> next_target();
  std::optional<Target> turn();
  std::optional<Target> next_fallback();
  net::awaitable<error_code> attempt(const net::Endpoint& endpoint);
  void give_up(const Target& target, int retries, std::string_view key, error_code error);

  RawWorker& worker_;
  net::Deadline& deadline_;
  std::optional<net::Socket> socket_;
  std::size_t fallbacks_tried_ = 0;
  RawNodeCounters* connected_to_ = nullptr;
};

}  // namespace reprise::router
