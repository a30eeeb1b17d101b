#pragma once

#include <sys/socket.h>

#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/unique_fd.hpp"
#include "net/address.hpp"
#include "sync/ledger.hpp"
#include "sync/packet.hpp"

namespace reprise::sync {

enum class Audience {
  everyone,
  this_host,    // nodes at loopback addresses
  other_hosts,  // all but those: what comes over loopback is believed there
};

// Tells a change to every node. Made before the fork; each process then uses its own copy, and all
// of them the same sockets. Not for several threads.
class Publisher {
public:
  // `nodes` in the order of the ledger's, which outlives this; `senders` has a socket for each of
  // their address families.
  Publisher(std::vector<net::Endpoint> nodes, std::vector<UniqueFd> senders, const Ledger& ledger);
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  // One datagram to each node, without waiting: what the kernel does not take is counted and lost.
  // A change that no datagram holds is counted and not sent.
  void publish(const Change& change, Audience audience) noexcept;

  const std::vector<net::Endpoint>& nodes() const { return nodes_; }
  const std::vector<UniqueFd>& senders() const { return senders_; }

private:
  // The nodes that one socket reaches, those of this host first.
  struct Group {
    int fd = -1;
    std::size_t of_this_host = 0;
    std::vector<mmsghdr> messages;
    std::vector<std::size_t> nodes;  // of each message
  };

  Group make_group(int sender);
  void send(Group& group, std::size_t next, std::size_t end);
  void refused(std::size_t node, int error);

  std::vector<net::Endpoint> nodes_;
  std::vector<UniqueFd> senders_;
  const Ledger& ledger_;
  std::string datagram_;
  iovec part_{};  // the datagram, in every message
  std::vector<Group> groups_;
  log::RateLimit lines_;
};

}  // namespace reprise::sync
