#include "repeater/outgoing.hpp"

#include <netinet/in.h>

#include <cerrno>
#include <cstring>

#include "repeater/forwarder.hpp"

namespace reprise::repeater {
namespace {

constexpr int usual_hops = Forwarder::farthest - 1;

bool is_want_of_room(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

Outgoing::Outgoing(int fd, Room& room)
    : fd_(fd), is_ipv4_(net::Endpoint::local(fd).family() == AF_INET), room_(room) {
  for (std::size_t i = 0; i < most; ++i) {
    messages_[i].msg_hdr.msg_iov = &parts_[i];
    messages_[i].msg_hdr.msg_iovlen = 1;
  }
}

void Outgoing::forward(Bytes datagram, const Roster::Entry& to, int hops) {
  if (count_ == most) flush();
  // The kernel reads datagram and address only, in spite of the types.
  parts_[count_] = {const_cast<char*>(datagram.data()), datagram.size()};
  rows_[count_] = to.row;
  msghdr& header = messages_[count_].msg_hdr;
  header.msg_name = const_cast<sockaddr*>(to.endpoint.data());
  header.msg_namelen = to.endpoint.size();
  header.msg_control = nullptr;
  header.msg_controllen = 0;
  if (hops != usual_hops) {
    header.msg_control = controls_[count_].bytes.data();
    header.msg_controllen = sizeof(Control::bytes);
    cmsghdr* const control = CMSG_FIRSTHDR(&header);
    control->cmsg_level = is_ipv4_ ? IPPROTO_IP : IPPROTO_IPV6;
    control->cmsg_type = is_ipv4_ ? IP_TTL : IPV6_HOPLIMIT;
    control->cmsg_len = CMSG_LEN(sizeof hops);
    std::memcpy(CMSG_DATA(control), &hops, sizeof hops);
  }
  ++count_;
}

void Outgoing::answer(Bytes datagram, const Address& to) {
  const net::Endpoint endpoint = to.endpoint();
  if (::sendto(fd_, datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL, endpoint.data(),
               endpoint.size()) < 0) {
    room_.counters.reject(is_want_of_room(errno) ? Reason::no_room : Reason::unreachable);
  }
}

void Outgoing::count(std::size_t i, bool sent, int error) {
  MemberRow& row = *rows_[i];
  if (sent) {
    row.sent.add();
    row.sent_bytes.add(parts_[i].iov_len);
    return;
  }
  const Reason reason = is_want_of_room(error) ? Reason::no_room : Reason::unreachable;
  row.reject(reason);
  room_.counters.reject(reason);
}

// Never waits: what the kernel has no room for is lost, as on the way.
void Outgoing::flush() {
  for (std::size_t next = 0; next < count_;) {
    const int sent = ::sendmmsg(fd_, &messages_[next], static_cast<unsigned>(count_ - next),
                                MSG_DONTWAIT | MSG_NOSIGNAL);
    const int error = errno;
    if (sent < 0 && error == EINTR) continue;
    // An error is of the first message; the kernel keeps those of later ones for the next call.
    if (sent <= 0) count(next++, /*sent=*/false, error);
    for (int i = 0; i < sent; ++i)
      count(next++, /*sent=*/true, 0);
  }
  count_ = 0;
}

}  // namespace reprise::repeater
