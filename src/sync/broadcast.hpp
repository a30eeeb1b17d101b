#pragma once

#include <sys/socket.h>

#include <vector>

#include "base/bytes.hpp"
#include "base/log.hpp"
#include "base/unique_fd.hpp"
#include "net/address.hpp"
#include "sync/ledger.hpp"
#include "sync/teller.hpp"

namespace reprise::sync {

// Sends datagrams to every configured node of a cache. Made before the fork; each process then uses
// its own copy, and all of them the same sockets. Not for several threads.
class Broadcast {
public:
  // `nodes` in the order of the ledger's, which outlives this; `senders` has a socket for each of
  // their address families.
  Broadcast(std::vector<net::Endpoint> nodes, std::vector<UniqueFd> senders, const Ledger& ledger);
  Broadcast(const Broadcast&) = delete;
  Broadcast& operator=(const Broadcast&) = delete;

  // To each node of the audience, without waiting: what the kernel does not take is counted and
  // lost.
  void send(Bytes datagram, Audience audience);
  // Counts a datagram that could not be made as one that the kernel had no room for.
  void no_memory();

  // In a process that sends nothing.
  void close();

  const std::vector<net::Endpoint>& nodes() const { return nodes_; }
  bool has_nodes() const { return !groups_.empty(); }
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
  iovec part_{};  // the datagram, in every message
  std::vector<Group> groups_;
  log::RateLimit lines_;
};

}  // namespace reprise::sync
