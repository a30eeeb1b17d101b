#pragma once

#include <optional>

#include "net/turns.hpp"
#include "protocol/body_encoder.hpp"
#include "protocol/http_body.hpp"
#include "router/body_spool.hpp"
#include "router/client.hpp"
#include "router/upstream.hpp"

namespace reprise::router {

// What is left of a request's body after the first send: from the client to the upstream, in a
// coroutine of its own, while the answer may already be on its way.
class RequestBody {
public:
  // References outlive this. Must not be destroyed while running().
  RequestBody(Worker& worker, Client& client, Upstream& upstream);
  RequestBody(const RequestBody&) = delete;
  RequestBody& operator=(const RequestBody&) = delete;

  // `unsent` stands in `input`; `to_come` follows what was not received yet. `most` bytes in all;
  // 0: any number. Or it is all in a `spool`, which outlives the coroutine.
  void start(BufferPool::Lease input, Bytes unsent, protocol::BodyFollower to_come,
             std::uint64_t most);
  // One in chunks, whose framing is made anew. `received` stands in `input`; `whole` follows it
  // from its first byte.
  void start_recoded(BufferPool::Lease input, Bytes received, protocol::BodyFollower whole,
                     std::uint64_t most);
  void start(const BodySpool& spool);
  // Behind an upgrade: no body that has to end, and as long as it likes.
  void start_tunnel(BufferPool::Lease input, Bytes unsent, protocol::BodyFollower to_come);

  bool running() const { return running_; }

  // All of it was received and passed on.
  bool complete() const { return !running_ && !discarding_ && to_come_.done(); }
  bool waits_for_client() const { return waits_for_client_; }
  bool client_gone() const { return client_gone_; }
  // The client ended its side, which was the end of the body.
  bool ended_in_order() const { return ended_in_order_; }

  // Set: it is not taken. Its framing is broken, it is too long, or it takes too long.
  std::optional<protocol::Status> refusal() const { return refusal_; }

  // From now on the bytes go nowhere: the answer is there, or there will be none.
  void discard() { discarding_ = running_; }

  // Until the coroutine has ended, which the deadline or a closed socket brings about.
  net::awaitable<void> finished();

private:
  void begin(BufferPool::Lease input, Bytes unsent, protocol::BodyFollower to_come);
  void limit_time();
  void spawn();
  net::awaitable<void> run();
  net::awaitable<void> forward_spool();
  net::awaitable<bool> forward_next();
  net::awaitable<bool> forward(Buffer received);
  Bytes take(Buffer received);
  net::awaitable<void> send_recoded(Bytes data);
  net::awaitable<void> send(Bytes bytes);
  bool client_ended(bool failed);
  void refuse(protocol::Status status);
  void took_too_long();
  void ended(bool failed);

  Worker& worker_;
  Client& client_;
  Upstream& upstream_;
  BufferPool::Lease input_;
  Bytes unsent_;  // stands in input_
  protocol::BodyFollower to_come_;
  const BodySpool* spool_ = nullptr;
  std::uint64_t most_ = 0;
  bool tunnel_ = false;
  std::optional<protocol::BodyEncoder> recoder_;
  std::optional<protocol::Status> refusal_;
  net::Deadline whole_;  // for all of it
  bool running_ = false;
  bool discarding_ = false;
  bool client_gone_ = false;
  bool ended_in_order_ = false;
  bool waits_for_client_ = false;
  bool wait_first_ = true;  // the last read took all there was
  net::Turns turns_;
  net::Waiter waiting_;  // of finished()
};

}  // namespace reprise::router
