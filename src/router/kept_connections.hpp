#pragma once

#include <chrono>
#include <list>
#include <map>
#include <optional>
#include <string>

#include "net/address.hpp"
#include "net/deadline.hpp"
#include "net/socket.hpp"
#include "router/counters.hpp"
#include "router/settings.hpp"

namespace reprise::router {

// One worker's idle connections to HTTP backends, by address. A connection comes here only when
// nothing is under way on it; one on which anything happens meanwhile (its end, or an answer that
// nobody asked for) is closed.
class KeptConnections {
public:
  // References outlive this.
  KeptConnections(net::Deadlines& deadlines, const BackendHttp& settings,
                  BackendCounters& counters);

  // The newest one to there that is open and silent. Nothing: there is none.
  std::optional<net::Socket> take(const net::Endpoint& endpoint);

  // Closes it if there are enough to there already, or in all. `open_for`: how long the other side
  // keeps it, if that is known.
  void keep(const net::Endpoint& endpoint, net::Socket socket,
            std::optional<std::chrono::seconds> open_for = std::nullopt);

  // All to there: nobody is there any more.
  void drop(const net::Endpoint& endpoint);

  // From now on none is kept.
  void end();

private:
  using Clock = net::Deadline::Clock;
  struct Idle {
    net::Socket socket;
    Clock::time_point until;
  };
  using Idles = std::list<Idle>;  // the newest last

  void sweep();
  void sweep(Idles& idles, Clock::time_point now);

  const BackendHttp& settings_;
  BackendCounters& counters_;
  std::map<std::string, Idles, std::less<>> by_address_;
  std::size_t size_ = 0;
  bool ended_ = false;
  net::Deadline next_sweep_;
};

}  // namespace reprise::router
