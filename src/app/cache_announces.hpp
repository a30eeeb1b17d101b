#pragma once

#include <string>
#include <vector>

#include "base/log.hpp"
#include "net/address.hpp"
#include "net/asio.hpp"
#include "seal/clear.hpp"
#include "sync/sink.hpp"

namespace reprise::app {

// Announces where a cache without a secret hears changes to each node that it tells its own: a
// repeater among them sends it the others' then (uWSGI drops it without a word). And takes aside
// what is for repeaters of what comes in.
class CacheAnnounces final : public sync::Sink {
public:
  // A node that is told, and the socket of ours whose address it is told.
  struct Target {
    net::Endpoint node;
    int fd = -1;
  };

  // References and descriptors outlive this, and this the loop. `cache`: its name, the key.
  CacheAnnounces(std::string cache, std::vector<Target> targets, sync::Sink& changes);

  // Announces for as long as the loop runs.
  void start(net::asio::io_context& io);

  void take(Bytes datagram, const net::Endpoint& from, UnixSeconds now) noexcept override;

private:
  struct Known : Target {
    seal::Cookie cookie{};
    std::uint64_t answered_at = 0;  // s; 0: never
  };
  void take_cookie(Bytes datagram, const net::Endpoint& from);
  void announce(const Known& target) const;
  void try_to_announce(const Known& target);
  net::awaitable<void> run(net::asio::io_context& io);

  std::string cache_;
  std::vector<Known> targets_;
  sync::Sink& changes_;
  log::RateLimit failures_;
};

}  // namespace reprise::app
