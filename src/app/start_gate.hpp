#pragma once

#include <chrono>

#include "base/unique_fd.hpp"
#include "net/asio.hpp"

namespace reprise::app {

// Keeps the workers from accepting until the caches have what they begin with. Made before the
// fork; once open it stays so, also for processes that start later.
class StartGate {
public:
  // Throws std::system_error.
  StartGate();

  void open() const;

  // Until it is open, or `patience` is over: whoever was to open it may be dead.
  net::awaitable<void> wait(net::asio::io_context& io, std::chrono::seconds patience) const;

private:
  UniqueFd event_;  // readable: open
};

}  // namespace reprise::app
