#pragma once

#include <functional>
#include <memory>

#include "net/address.hpp"
#include "net/asio.hpp"
#include "net/listener.hpp"
#include "net/readiness.hpp"

namespace reprise::net {

// Accepts from a listener that other processes accept from too, a batch at a time. Out of
// descriptors it waits a moment instead of spinning.
class Acceptor {
public:
  // Is given a non-blocking socket; must not throw.
  using Admit = std::function<void(UniqueFd, const Endpoint& remote)>;
  // The process or the system is out of something.
  using Failed = std::function<void(error_code)>;

  // `listener` outlives this.
  Acceptor(asio::io_context& io, const Listener& listener, Admit admit, Failed failed);
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  // Begins. `owner`, which this is a part of, lives until accepting has ended.
  void start(std::shared_ptr<const void> owner);

  // Accepts no more.
  void stop();

  // Leaves connections where they are, up to resume(); other processes may take them.
  void pause();
  void resume();

private:
  awaitable<void> run(std::shared_ptr<const void> owner);
  bool accept_some();
  void go_to_the_end();

  asio::io_context& io_;
  int fd_;
  Readiness readiness_;
  Timer pause_;
  Admit admit_;
  Failed failed_;
  int accepted_ = 0;  // since this process went to the end of the queue
  bool stopped_ = false;
  bool paused_ = false;
};

}  // namespace reprise::net
