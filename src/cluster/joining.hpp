#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cluster/budget.hpp"
#include "cluster/clock.hpp"
#include "net/address.hpp"
#include "seal/clear.hpp"

namespace reprise::cluster {

// How a node becomes a member of those of its configured nodes that are repeaters: it says to each
// of them, every few seconds and from the socket that it hears at, that it wants what the others
// say; a repeater has it return a cookie. Nodes that are none drop the word silently.
class Joining {
public:
  static constexpr Moment between_words = 5000;
  // Cookies of one repeater that are returned at once; the next word has the others.
  static constexpr Moment between_answers = 500;

  using Send = std::function<void(const net::Endpoint& to, Bytes datagram)>;

  // Groups and broadcast addresses among `nodes` are no repeaters.
  Joining(const std::vector<net::Endpoint>& nodes, Send send);

  // To be called every hundred milliseconds or so. May throw what `send` does, here and below.
  void tick(Moment now);

  // What looks_clear(): a cookie of a configured node is returned, everything else is nothing.
  void take(Bytes datagram, const net::Endpoint& from, Moment now);

  // Says to each that has sent a cookie that this node goes.
  void leave();

  // Shows each that has sent a cookie.
  template <class F>
  void each_repeater(F&& show) const {
    for (const Repeater& repeater : repeaters_)
      if (repeater.cookie != seal::Cookie{}) show(repeater.endpoint);
  }

private:
  struct Repeater {
    net::Endpoint endpoint;
    seal::Cookie cookie{};
    Pause answered = {};
  };
  void subscribe(const Repeater& repeater);

  std::vector<Repeater> repeaters_;
  Send send_;
  Pause said_;
};

}  // namespace reprise::cluster
