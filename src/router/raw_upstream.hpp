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
  // are none. `key` is what nodes announce themselves for, and for the log; `client` its address.
  net::awaitable<Outcome> connect(std::string_view key, std::string_view client);

  // Once connected.
  net::Socket& socket() { return *socket_; }
  // Null, if it did not announce itself.
  subscription::Lease* lease() { return lease_ ? &*lease_ : nullptr; }

  // Wakes whoever waits here. Harmless at any time.
  void cancel();

private:
  // Somebody to connect to: a node, or a fallback (no node).
  struct Target {
    Backends::Node* node;
    std::string_view address;
    net::Endpoint endpoint;     // a node's may have changed when this was tried
    RawNodeCounters* counters;  // null: of one that announced itself
    Backends::Node* fallback = nullptr;
  };

  std::optional<Target> first_target();
  std::optional<Target> next_target();
  std::optional<Target> turn();
  std::optional<Target> announced();
  std::optional<Target> next_fallback();
  net::awaitable<error_code> attempt(const net::Endpoint& endpoint);
  void give_up(const Target& target, int retries, std::string_view key, error_code error);

  RawWorker& worker_;
  net::Deadline& deadline_;
  std::optional<net::Socket> socket_;
  std::size_t fallbacks_tried_ = 0;
  std::string_view key_, client_;
  std::optional<subscription::Lease> lease_;  // the node that announced itself
  RawNodeCounters* connected_to_ = nullptr;
};

}  // namespace reprise::router
