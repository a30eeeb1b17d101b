#pragma once

#include <functional>
#include <memory>

#include "net/address.hpp"
#include "net/asio.hpp"
#include "net/listener.hpp"
#include "net/socket.hpp"

namespace reprise::net {

// Accepts from a listener, a batch at a time, on a descriptor of its own: to stop does not take the
// listener away from other processes. Out of descriptors it waits a moment instead of spinning.
class Acceptor {
public:
  // Is given a non-blocking socket; must not throw.
  using Admit = std::function<void(UniqueFd, const Endpoint& remote)>;
  // The process or the system is out of something.
  using Failed = std::function<void(error_code)>;

  // Throws std::system_error.
  Acceptor(asio::io_context& io, const Listener& listener, Admit admit, Failed failed);
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  // Begins. `owner`, which this is a part of, lives until accepting has ended.
  void start(std::shared_ptr<const void> owner);

  // Accepts no more.
  void stop();

private:
  awaitable<void> run(std::shared_ptr<const void> owner);
  bool accept_some();

  asio::io_context& io_;
  Socket socket_;
  asio::steady_timer pause_;
  Admit admit_;
  Failed failed_;
  bool stopped_ = false;
};

}  // namespace reprise::net
