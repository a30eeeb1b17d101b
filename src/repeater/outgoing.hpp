#pragma once

#include <sys/socket.h>

#include <array>

#include "repeater/output.hpp"

namespace reprise::repeater {

// Sends what a batch has to say, many datagrams a system call.
class Outgoing final : public Output {
public:
  // `fd`: prepared by set_hop_options(). `room` outlives this.
  Outgoing(int fd, Room& room);
  Outgoing(const Outgoing&) = delete;
  Outgoing& operator=(const Outgoing&) = delete;

  void forward(Bytes datagram, const Roster::Entry& to, int hops) override;
  void answer(Bytes datagram, const Address& to) override;

  // Sends what is held back. To be called before the datagrams' memory, or the roster, changes.
  void flush();

private:
  static constexpr std::size_t most = 64;
  struct alignas(cmsghdr) Control {
    std::array<char, CMSG_SPACE(sizeof(int))> bytes;
  };

  void count(std::size_t i, bool sent, int error);

  int fd_;
  bool is_ipv4_;
  Room& room_;
  std::size_t count_ = 0;
  std::array<mmsghdr, most> messages_{};
  std::array<iovec, most> parts_{};
  std::array<Control, most> controls_{};
  std::array<MemberRow*, most> rows_{};
};

}  // namespace reprise::repeater
