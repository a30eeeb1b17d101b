#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "cluster/joining.hpp"
#include "cluster/member.hpp"
#include "net/asio.hpp"
#include "net/timer.hpp"
#include "shm/mailbox.hpp"
#include "sync/broadcast.hpp"
#include "sync/sink.hpp"

namespace reprise::cluster {

// A node's part in a sealed cluster, for one cache: sockets and timers around a Member. The
// keeper's alone.
class Membership final : public sync::Sink, private Wire {
public:
  struct Parts {
    const seal::PacketKeys& keys;
    seal::Cipher cipher;
    cache::Cache& cache;
    sync::Intake& intake;
    std::chrono::milliseconds longest;  // what a session lives at most; 0: no sessions
    SharedState& shared;
    Tombstones& tombstones;
    const sync::Ledger& ledger;
    sync::Broadcast& nodes;
    shm::Mailbox& mailbox;
    const seal::NameKeyList& names;
    std::vector<int> sockets;    // where datagrams arrive
    PullBoard* board = nullptr;  // see Member
    std::chrono::microseconds pull_budget{0};
    std::function<bool()> may_begin = {};  // false: somebody else still speaks for this node
    std::uint64_t heal_rate = std::uint64_t{8} << 20;  // bytes a second
  };

  // References in `parts` outlive this. Throws std::system_error.
  Membership(net::asio::io_context& io, const Parts& parts);

  // For as long as the loop runs.
  void start();

  // Gives what only this node has to a neighbour, within a second or so, and says that it goes.
  net::awaitable<void> leave();

  void take(Bytes datagram, const net::Endpoint& from, UnixSeconds now) noexcept override;

  Member& member() { return member_; }
  Contents& contents() { return contents_; }

private:
  net::awaitable<void> begin();
  net::awaitable<void> empty_mailbox();
  void read(Bytes note, Moment now);
  net::awaitable<void> keep_time();
  net::awaitable<void> search();
  void look_at_searches();
  net::awaitable<void> heal();
  void look_at_healing();
  void say_alive(Moment now);
  void tell(Bytes datagram) override;
  void send(const net::Endpoint& to, Bytes datagram) override;
  void send_around(Bytes datagram) override;
  bool is_configured(const net::Endpoint& node) const override;
  void say_unsealed(Bytes datagram, const net::Endpoint& from);

  net::asio::io_context& io_;
  Parts parts_;
  Contents contents_;
  Member member_;
  Joining joining_;
  log::RateLimit failures_;
  Pause swept_;
  net::Timer search_timer_;
  Micros search_due_ = 0;
  net::Timer heal_timer_;
  bool heal_rests_ = false;
  bool began_ = false;
  bool gone_ = false;                // and says nothing more
  std::set<std::string> strangers_;  // that sent plain packets, and were named
};

}  // namespace reprise::cluster
