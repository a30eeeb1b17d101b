#pragma once

#include <vector>

#include "base/unique_fd.hpp"
#include "net/address.hpp"

namespace reprise::sync {

// Recognises what this node's own sockets sent: a multicast group gives it back, and so does a list
// of nodes that names the node itself.
class OwnPackets {
public:
  // `senders` are bound.
  explicit OwnPackets(const std::vector<UniqueFd>& senders);

  // By its port, which is the sender's alone on this host, and by the address being this host's.
  bool contains(const net::Endpoint& from);

private:
  std::vector<net::Endpoint> senders_;
  net::Endpoint known_;  // the last source that was ours
};

}  // namespace reprise::sync
