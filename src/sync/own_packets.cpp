#include "sync/own_packets.hpp"

#include <algorithm>

#include "net/datagram.hpp"

namespace reprise::sync {

OwnPackets::OwnPackets(const std::vector<UniqueFd>& senders) {
  for (const UniqueFd& sender : senders)
    senders_.push_back(net::Endpoint::local(sender.get()));
}

bool OwnPackets::contains(const net::Endpoint& from) {
  const auto is_sender = [&](const net::Endpoint& sender) {
    return sender.family() == from.family() && sender.port() == from.port();
  };
  if (std::none_of(senders_.begin(), senders_.end(), is_sender)) return false;
  if (from == known_) return true;
  if (!net::is_of_this_host(from)) return false;
  known_ = from;
  return true;
}

}  // namespace reprise::sync
