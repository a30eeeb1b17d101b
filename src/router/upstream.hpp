#pragma once

#include <optional>
#include <string>

#include "net/socket.hpp"
#include "protocol/status.hpp"
#include "router/worker.hpp"

namespace reprise::router {

// The upstream's side of one exchange: a connection that is made for it and ends with it, or one to
// an HTTP backend that is kept for the next.
class Upstream {
public:
  // References outlive this; `deadline` is the session's.
  Upstream(Worker& worker, net::Deadline& deadline) : worker_(worker), deadline_(deadline) {}

  struct Sent {
    protocol::Status status = protocol::Status::ok;  // or 502, 503, 504: nobody took the packet
    std::size_t body_bytes = 0;                      // of `body_start`
  };

  // Who asks, and for what.
  struct Asked {
    std::string_view key;     // the host
    std::string_view client;  // its address
    bool alone = false;       // over a connection that nobody used before
  };

  // Connects to the node whose turn it is, or to the fallbacks or the next nodes if it can not be
  // reached, and sends the whole packet and what of `body_start` goes with it. The packet's
  // modifiers become those of a node that announced itself.
  net::awaitable<Sent> send_request(Buffer packet, Bytes body_start, const Asked& asked);

  // After send_request, which used a connection that was kept: the same over a new one. `request`
  // is all of it.
  net::awaitable<Sent> send_again(Buffer request, const Asked& asked);
  // The connection has served before, so its backend may have closed it meanwhile.
  bool is_reused() const { return reused_; }

  // Of what was moved over socket(): it is counted for a node that announced itself.
  void note_sent(std::size_t bytes) {
    if (lease_) lease_->bytes_to().add(bytes);
  }
  void note_received(std::size_t bytes) {
    if (lease_) lease_->bytes_from().add(bytes);
  }

  // After send_request.
  net::Socket& socket() { return *socket_; }
  // Its answers without a length are framed all the same (BackendAddress::frames).
  bool frames() const { return frames_; }

  // Wakes whoever waits here. Harmless at any time.
  void cancel();
  // `nothing_unread`: all that was sent has been read, as far as one can know.
  void close(bool nothing_unread = false);
  // In place of close(): nothing is under way on it. `open_for`: how long the backend keeps it.
  void keep(std::optional<std::chrono::seconds> open_for);

private:
  struct Attempt {
    error_code error;
    std::size_t sent = 0;  // of packet and body start together
  };
  // Somebody to connect to: a node whose turn it is, a fallback, or the one named by the host.
  struct Target {
    Backends::Node* node;  // null: not one of those that take turns
    std::string_view address;
    net::Endpoint endpoint;  // a node's may have changed when this was tried
    Backends::Node* fallback = nullptr;
    std::optional<int> modifier1 = {};  // of its packets, unless the router has one for all
  };

  std::optional<Target> first_target(const Asked& asked);
  void look_up_host(std::string_view key);
  std::optional<Target> next_host_node();
  std::optional<Target> next_target(const Asked& asked);
  std::optional<Target> turn(const Asked& asked);
  RawNodeCounters* counters_of(const Target& target) const;
  void set_modifiers(const Target& target, Buffer packet) const;
  std::optional<Target> next_fallback();
  net::awaitable<Sent> send_to(std::optional<Target> target, Buffer packet, Bytes body_start,
                               const Asked& asked);
  void note_reached(const Target& target, std::size_t sent);
  net::awaitable<Attempt> attempt(const net::Endpoint& endpoint, Bytes packet, Bytes body_start);
  net::awaitable<Attempt> send_over_kept(const net::Endpoint& endpoint, Bytes packet,
                                         Bytes body_start);
  net::awaitable<Attempt> send(Bytes packet, Bytes body_start);
  net::awaitable<error_code> connect(const net::Endpoint& endpoint);
  void give_up(const Target& target, int retries, std::string_view key, error_code error);

  Worker& worker_;
  net::Deadline& deadline_;
  std::optional<net::Socket> socket_;
  std::optional<Target> reached_;
  bool reused_ = false;
  bool alone_ = false;  // over new connections only
  bool frames_ = false;
  std::size_t fallbacks_tried_ = 0;
  std::string named_path_;
  std::vector<HostNode> host_nodes_;  // in the order of their turns
  std::size_t host_nodes_tried_ = 0;
  std::optional<subscription::Lease> lease_;  // the node that announced itself
};

}  // namespace reprise::router
