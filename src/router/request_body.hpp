#pragma once

#include "net/turns.hpp"
#include "router/client.hpp"
#include "router/upstream.hpp"

namespace reprise::router {

// What is left of a request's body after the first send: from the client to the upstream, in a
// coroutine of its own, while the answer may already be on its way.
class RequestBody {
public:
  // References outlive this. Must not be destroyed while running().
  RequestBody(Worker& worker, Client& client, Upstream& upstream)
      : worker_(worker),
        client_(client),
        upstream_(upstream),
        waiting_(worker.io, net::Reactor::of(worker.io).waiting()) {}
  RequestBody(const RequestBody&) = delete;
  RequestBody& operator=(const RequestBody&) = delete;

  // `unsent` stands in `input`; `to_come` bytes were not received yet.
  void start(BufferPool::Lease input, Bytes unsent, std::uint64_t to_come);

  bool running() const { return running_; }

  // All of it was received and passed on.
  bool complete() const { return !running_ && !discarding_ && to_come_ == 0; }
  bool waits_for_client() const { return waits_for_client_; }
  bool client_gone() const { return client_gone_; }

  // From now on the bytes go nowhere: the answer is there, or there will be none.
  void discard() { discarding_ = running_; }

  // Until the coroutine has ended, which the deadline or a closed socket brings about.
  net::awaitable<void> finished();

private:
  net::awaitable<void> run();
  net::awaitable<bool> forward_next();
  net::awaitable<void> send(Bytes bytes);
  void ended(bool failed);

  Worker& worker_;
  Client& client_;
  Upstream& upstream_;
  BufferPool::Lease input_;
  Bytes unsent_;
  std::uint64_t to_come_ = 0;
  bool running_ = false;
  bool discarding_ = false;
  bool client_gone_ = false;
  bool waits_for_client_ = false;
  bool wait_first_ = true;  // the last read took all there was
  net::Turns turns_;
  net::Waiter waiting_;  // of finished()
};

}  // namespace reprise::router
