#include "repeater/incoming.hpp"

#include <netinet/in.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "repeater/forwarder.hpp"

namespace reprise::repeater {
namespace {

constexpr int unknown_hops = 255;

void set_option(int fd, int level, int option, int value, const char* name) {
  if (::setsockopt(fd, level, option, &value, sizeof value) == 0) return;
  throw std::system_error(errno, std::system_category(), name);
}

}  // namespace

void set_hop_options(int fd) {
  constexpr int usual = Forwarder::farthest - 1;
  if (net::Endpoint::local(fd).family() == AF_INET) {
    set_option(fd, IPPROTO_IP, IP_RECVTTL, 1, "IP_RECVTTL");
    set_option(fd, IPPROTO_IP, IP_TTL, usual, "IP_TTL");
  } else {
    set_option(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1, "IPV6_RECVHOPLIMIT");
    set_option(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, usual, "IPV6_UNICAST_HOPS");
  }
}

Incoming::Incoming() : bytes_(std::make_unique_for_overwrite<char[]>(most * slot_size)) {
  for (std::size_t i = 0; i < most; ++i) {
    parts_[i] = {bytes_.get() + i * slot_size, slot_size};
    msghdr& header = messages_[i].msg_hdr;
    header.msg_iov = &parts_[i];
    header.msg_iovlen = 1;
    header.msg_name = &sources_[i];
    header.msg_control = controls_[i].bytes.data();
  }
}

int Incoming::fetch(int fd) {
  for (mmsghdr& message : messages_) {
    message.msg_hdr.msg_namelen = sizeof(sockaddr_storage);
    message.msg_hdr.msg_controllen = sizeof(Control::bytes);
  }
  const int count = ::recvmmsg(fd, messages_.data(), most, MSG_DONTWAIT, nullptr);
  if (count >= 0) return count;
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : -1;
}

Bytes Incoming::datagram(std::size_t i) const {
  return {static_cast<const char*>(parts_[i].iov_base), messages_[i].msg_len};
}

net::Endpoint Incoming::source(std::size_t i) const {
  return {reinterpret_cast<const sockaddr*>(&sources_[i]), messages_[i].msg_hdr.msg_namelen};
}

int Incoming::hops(std::size_t i) const {
  // CMSG_NXTHDR() wants one that it may write to.
  msghdr header = messages_[i].msg_hdr;
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    const bool tells = (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL) ||
                       (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT);
    if (!tells) continue;
    int hops = 0;
    std::memcpy(&hops, CMSG_DATA(c), sizeof hops);
    return hops;
  }
  return unknown_hops;
}

}  // namespace reprise::repeater
