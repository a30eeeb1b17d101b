#pragma once

#include <optional>
#include <string>

#include "protocol/head_finder.hpp"
#include "router/client.hpp"

namespace reprise::router {

// A client's bytes up to the end of each request head, and what came with them. A buffer is held
// only while there is something to do with it: what is not a whole head yet waits in memory of its
// own size.
class HeadReader {
public:
  // References outlive this.
  HeadReader(Worker& worker, Client& client) : worker_(worker), client_(client) {}

  // The next request is waited for. Returns whether no byte of it is there.
  bool begin();
  // Nothing of it has come since.
  bool idle() const { return idle_; }

  // Until a whole head is there: ok, or how to refuse what is there. Nothing if the connection
  // ended before it began.
  net::awaitable<std::optional<protocol::Status>> read();

  // After read, until the buffer is gone.
  Bytes head() const;
  Bytes behind() const;  // what came behind it

  // What the next read begins with.
  void park(Bytes bytes) { parked_ = bytes; }
  std::string& parked() { return parked_; }

  void release() { input_.release(); }
  BufferPool::Lease take_buffer() { return std::move(input_); }

private:
  using Status = protocol::Status;

  std::optional<Status> judge();
  void put_aside();
  void take_back();

  Worker& worker_;
  Client& client_;
  bool idle_ = false;
  std::string parked_;       // bytes of the next request while no buffer is held
  BufferPool::Lease input_;  // the head being read, and what came with it
  std::size_t input_size_ = 0;
  protocol::HeadFinder finder_;
};

}  // namespace reprise::router
