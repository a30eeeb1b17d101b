#pragma once

#include <vector>

#include "net/asio.hpp"
#include "repeater/forwarder.hpp"
#include "repeater/outgoing.hpp"

namespace reprise::repeater {

// A gateway in one process: receives, has the Forwarder decide, and sends. Others may do the same
// at the same sockets.
class Gateway {
public:
  struct Parts {
    Room& room;
    const Trust& trust;
    int fd = -1;               // where datagrams arrive and leave; see set_hop_options()
    std::vector<int> servers;  // where nodes announce themselves too
  };

  // References and descriptors outlive this, and this the loop.
  Gateway(net::asio::io_context& io, const Parts& parts);

  // For as long as the loop runs.
  void start();

private:
  net::awaitable<void> forward();
  net::awaitable<void> hear_announces(int fd);
  net::awaitable<void> sweep();
  template <class Take>
  net::awaitable<void> receive(int fd, Take take);

  net::asio::io_context& io_;
  Parts parts_;
  Outgoing outgoing_;
  Forwarder forwarder_;
};

}  // namespace reprise::repeater
