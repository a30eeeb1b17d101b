#pragma once

#include <sys/socket.h>

#include <array>
#include <memory>

#include "base/bytes.hpp"
#include "net/address.hpp"

namespace reprise::repeater {

// Has the kernel tell how far a datagram has come, and gives what leaves there no more hops than a
// repeater's forwarding is worth. Throws std::system_error.
void set_hop_options(int fd);

// The datagrams of one system call.
class Incoming {
public:
  static constexpr std::size_t most = 64;

  Incoming();
  Incoming(const Incoming&) = delete;
  Incoming& operator=(const Incoming&) = delete;

  // How many have come; -1 if none could be fetched for another reason than that there is none.
  int fetch(int fd);

  // Of one of them.
  Bytes datagram(std::size_t i) const;
  net::Endpoint source(std::size_t i) const;
  int hops(std::size_t i) const;  // as it arrived; many if the kernel does not tell

private:
  static constexpr std::size_t slot_size = 65536;  // more than any datagram over IPv4 has
  struct alignas(cmsghdr) Control {
    std::array<char, CMSG_SPACE(sizeof(int))> bytes;
  };

  std::unique_ptr<char[]> bytes_;  // what is not written to is not committed
  std::array<iovec, most> parts_{};
  std::array<sockaddr_storage, most> sources_{};
  std::array<Control, most> controls_{};
  std::array<mmsghdr, most> messages_{};
};

}  // namespace reprise::repeater
