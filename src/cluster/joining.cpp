#include "cluster/joining.hpp"

#include <algorithm>

#include "net/datagram.hpp"

namespace reprise::cluster {

Joining::Joining(const std::vector<net::Endpoint>& nodes, Send send) : send_(std::move(send)) {
  for (const net::Endpoint& node : nodes)
    if (net::reach_of(node) == net::Reach::unicast) repeaters_.push_back({node});
}

void Joining::subscribe(const Repeater& repeater) {
  send_(repeater.endpoint, seal::write_clear({seal::ClearOperation::subscribe, repeater.cookie}));
}

void Joining::tick(Moment now) {
  if (!said_.allow(now, between_words)) return;
  for (const Repeater& repeater : repeaters_)
    subscribe(repeater);
}

void Joining::leave() {
  for (const Repeater& repeater : repeaters_)
    if (repeater.cookie != seal::Cookie{})
      send_(repeater.endpoint, seal::write_clear({seal::ClearOperation::leave, repeater.cookie}));
}

void Joining::take(Bytes datagram, const net::Endpoint& from, Moment now) {
  const auto clear = seal::read_clear(datagram);
  if (!clear || clear->operation != seal::ClearOperation::cookie) return;
  const auto found =
      std::find_if(repeaters_.begin(), repeaters_.end(),
                   [&](const Repeater& repeater) { return repeater.endpoint == from; });
  if (found == repeaters_.end()) return;
  // A forged one keeps us out until the next true one, which a wrong cookie brings.
  found->cookie = clear->cookie;
  if (found->answered.allow(now, between_answers)) subscribe(*found);
}

}  // namespace reprise::cluster
