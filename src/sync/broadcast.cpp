#include "sync/broadcast.hpp"

#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "net/datagram.hpp"

namespace reprise::sync {
namespace {

constexpr std::size_t most_in_one_call = UIO_MAXIOV;

bool is_want_of_room(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

Broadcast::Broadcast(std::vector<net::Endpoint> nodes, std::vector<UniqueFd> senders,
                     const Ledger& ledger)
    : nodes_(std::move(nodes)), senders_(std::move(senders)), ledger_(ledger) {
  for (const UniqueFd& sender : senders_) {
    Group group = make_group(sender.get());
    if (!group.messages.empty()) groups_.push_back(std::move(group));
  }
}

Broadcast::Group Broadcast::make_group(int sender) {
  Group group;
  group.fd = sender;
  const int family = net::Endpoint::local(sender).family();
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].family() == family) group.nodes.push_back(i);
  }
  const auto others =
      std::stable_partition(group.nodes.begin(), group.nodes.end(),
                            [&](std::size_t i) { return net::is_loopback(nodes_[i]); });
  group.of_this_host = static_cast<std::size_t>(others - group.nodes.begin());
  for (const std::size_t i : group.nodes) {
    mmsghdr message{};
    // The kernel reads the name only, in spite of its type.
    message.msg_hdr.msg_name = const_cast<sockaddr*>(nodes_[i].data());
    message.msg_hdr.msg_namelen = nodes_[i].size();
    message.msg_hdr.msg_iov = &part_;
    message.msg_hdr.msg_iovlen = 1;
    group.messages.push_back(message);
  }
  return group;
}

void Broadcast::send(Bytes datagram, Audience audience) {
  // The kernel reads it only, in spite of its type.
  part_ = {const_cast<char*>(datagram.data()), datagram.size()};
  for (Group& group : groups_) {
    const std::size_t all = group.messages.size();
    send(group, audience == Audience::other_hosts ? group.of_this_host : 0,
         audience == Audience::this_host ? group.of_this_host : all);
  }
}

void Broadcast::close() {
  groups_.clear();
  senders_.clear();
}

void Broadcast::no_memory() {
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    ledger_.node(i).refused.add();
}

// To the nodes of the group from `next` to before `end`.
void Broadcast::send(Group& group, std::size_t next, std::size_t end) {
  while (next < end) {
    const auto some = static_cast<unsigned>(std::min(end - next, most_in_one_call));
    const int sent = ::sendmmsg(group.fd, &group.messages[next], some, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    // An error is of the first message; the kernel keeps those of later ones for the next call.
    if (sent <= 0) refused(group.nodes[next++], errno);
    for (int i = 0; i < sent; ++i) {
      NodeCounters& node = ledger_.node(group.nodes[next++]);
      node.sent.add();
      node.sent_bytes.add(part_.iov_len);
    }
  }
}

void Broadcast::refused(std::size_t node, int error) {
  NodeCounters& counters = ledger_.node(node);
  (is_want_of_room(error) ? counters.refused : counters.failed).add();
  if (lines_.allow()) log::line("[cache-udp-node] sendmsg(): {}", std::strerror(error));
}

}  // namespace reprise::sync
