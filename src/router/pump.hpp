#pragma once

#include "net/deadline.hpp"
#include "net/socket.hpp"
#include "net/turns.hpp"
#include "router/buffer_pool.hpp"
#include "router/pipe_pool.hpp"
#include "shm/counter.hpp"

namespace reprise::router {

// What all relayed connections of one worker share. Outlives them.
struct RelayTools {
  net::asio::io_context& io;
  std::chrono::milliseconds idle;  // without a byte in either direction
  BufferPool buffers;
  PipePool pipes;
};

// One direction of a relayed connection. A piece is delivered before the next one is taken: a slow
// reader slows the writer down, and never more than one buffer or pipe is held. Short pieces are
// copied; when they come in a stream of long ones they are spliced, and stay in the kernel.
class Pump {
public:
  enum class End {
    orderly,        // the source ended; the sink was told, and may still send
    source_failed,  // all that came before is delivered
    sink_failed,    // takes no more
    cancelled,      // somebody cancelled one of the sockets
  };

  // References outlive this, and the sockets what run() awaits. Every byte taken or delivered moves
  // `deadline`, and is counted in `bytes` and, unless null, `also` once it is delivered.
  Pump(RelayTools& tools, net::Socket& source, net::Socket& sink, net::Deadline& deadline,
       shm::Counter& bytes, shm::Counter* also = nullptr);

  net::awaitable<End> run();

private:
  net::awaitable<End> relay();
  void let_go();
  net::Step take();
  net::Step copy_in();
  net::Step splice_in();
  net::Step give();
  std::size_t held() const;
  net::awaitable<End> deliver();

  RelayTools& tools_;
  net::Socket& source_;
  net::Socket& sink_;
  net::Deadline& deadline_;
  shm::Counter& bytes_;
  shm::Counter* also_;
  net::Turns turns_;

  // One of both while a piece is held.
  BufferPool::Lease buffer_;
  Bytes copied_;
  PipePool::Lease pipe_;

  bool splices_ = false;
  bool can_splice_ = true;
  int long_pieces_ = 0;  // in a row
  bool more_ = true;     // it is worth asking for more before waiting
};

}  // namespace reprise::router
