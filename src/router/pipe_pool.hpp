#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "base/unique_fd.hpp"
#include "net/socket.hpp"

namespace reprise::router {

// Bytes on their way from one socket to another that never become ours: they stay in the kernel.
class Pipe {
public:
  // Throws std::system_error.
  Pipe();

  // Takes from a socket what is there and fits. A step like a read; needs an empty pipe, which
  // makes EAGAIN speak of the socket alone.
  net::Step fill_from(int socket);
  // Gives as much to a socket as it takes. A step like a write. Raises SIGPIPE unless ignored.
  net::Step drain_into(int socket);

  std::size_t held() const { return held_; }

private:
  UniqueFd read_;
  UniqueFd write_;
  std::size_t capacity_;
  std::size_t held_ = 0;
};

// The pipes of one worker. A session borrows one while bytes move and holds none while it waits for
// more, so that their number follows the traffic and not the number of connections.
class PipePool {
public:
  struct GiveBack {
    PipePool* pool;
    void operator()(Pipe* pipe) const { pool->take_back(std::unique_ptr<Pipe>(pipe)); }
  };
  using Lease = std::unique_ptr<Pipe, GiveBack>;

  // Null if the process is out of descriptors. The pool outlives what it lends.
  Lease borrow();
  Lease nothing() { return Lease(nullptr, GiveBack{this}); }

private:
  void take_back(std::unique_ptr<Pipe> pipe);

  std::vector<std::unique_ptr<Pipe>> free_;
};

}  // namespace reprise::router
