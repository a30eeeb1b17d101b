#include "router/request_body.hpp"

#include <sys/socket.h>

#include "net/plain_stream.hpp"

namespace reprise::router {
namespace {

using net::Step;
using net::Want;
using protocol::Status;

}  // namespace

RequestBody::RequestBody(Worker& worker, Client& client, Upstream& upstream)
    : worker_(worker),
      client_(client),
      upstream_(upstream),
      whole_(worker.deadlines, [this] { took_too_long(); }),
      waiting_(worker.io, net::Reactor::of(worker.io).waiting()) {}

void RequestBody::start(BufferPool::Lease input, Bytes unsent, protocol::BodyFollower to_come,
                        std::uint64_t most) {
  most_ = most;
  begin(std::move(input), unsent, to_come);
  if (!to_come_.ends_with_connection() || to_come_.data() > 0) limit_time();
}

void RequestBody::start_recoded(BufferPool::Lease input, Bytes received,
                                protocol::BodyFollower whole, std::uint64_t most) {
  most_ = most;
  recoder_.emplace(/*gzip=*/false);
  begin(std::move(input), received, whole);
  limit_time();
}

void RequestBody::start_tunnel(BufferPool::Lease input, Bytes unsent,
                               protocol::BodyFollower to_come) {
  tunnel_ = true;
  begin(std::move(input), unsent, to_come);
}

void RequestBody::begin(BufferPool::Lease input, Bytes unsent, protocol::BodyFollower to_come) {
  input_ = std::move(input);
  unsent_ = unsent;
  to_come_ = to_come;
  spawn();
}

void RequestBody::limit_time() {
  const auto limit = worker_.timeouts.body;
  if (limit.count() > 0 && !tunnel_) whole_.set_from_now(limit);
}

void RequestBody::start(const BodySpool& spool) {
  spool_ = &spool;
  discarding_ = false;  // the spool may be sent a second time
  spawn();
}

void RequestBody::spawn() {
  running_ = true;
  net::set_no_delay(upstream_.socket().fd());
  const auto done = [this](std::exception_ptr failure) { ended(failure != nullptr); };
  net::asio::co_spawn(worker_.io, run(), done);
}

void RequestBody::ended(bool failed) {
  running_ = false;
  whole_ = net::Deadline::never;
  input_.release();
  if (failed) client_gone_ = true;
  if (client_gone_ || refusal_) upstream_.cancel();
  waiting_.complete({});
}

void RequestBody::took_too_long() {
  if (!running_ || discarding_) return;
  worker_.counters.limits.body_time.add();
  refuse(Status::request_timeout);
}

// Whoever waits for the upstream's answer says it to the client.
void RequestBody::refuse(Status status) {
  refusal_ = status;
  discarding_ = true;
  upstream_.cancel();
}

net::awaitable<void> RequestBody::finished() {
  if (!running_) co_return;
  co_await waiting_.wait(net::token, [] {});
}

net::awaitable<void> RequestBody::run() {
  if (spool_ != nullptr) {
    co_await forward_spool();
    co_return;
  }
  bool more = true;
  if (!recoder_) {
    co_await send(unsent_);
  } else if (!unsent_.empty()) {
    const auto at = static_cast<std::size_t>(unsent_.data() - input_.bytes().data());
    more = co_await forward(input_.bytes().subspan(at, unsent_.size()));
  }
  input_.release();
  while (more && !to_come_.done()) {
    more = co_await forward_next();
    if (more && turns_.over()) co_await net::Reactor::of(worker_.io).next_turn();
  }
}

net::awaitable<void> RequestBody::forward_spool() {
  for (std::uint64_t at = 0; at < spool_->size() && !discarding_;) {
    BufferPool::Lease buffer = worker_.buffers.borrow();
    const auto bytes = spool_->read(at, buffer.bytes());
    if (bytes.has_error() || *bytes == 0) {
      discarding_ = true;  // it is not complete
      upstream_.cancel();  // it would wait for the rest
      co_return;
    }
    at += *bytes;
    co_await send({buffer.bytes().data(), *bytes});
    if (turns_.over()) co_await net::Reactor::of(worker_.io).next_turn();
  }
}

// One buffer full, or what there is of it. False if nothing more will come.
net::awaitable<bool> RequestBody::forward_next() {
  net::Stream& stream = client_.stream();
  if (wait_first_ && !stream.pending()) {
    waits_for_client_ = true;
    const error_code error = co_await stream.socket().ready(Want::input);
    waits_for_client_ = false;
    turns_.waited();
    if (error) co_return false;
  }
  BufferPool::Lease buffer = worker_.buffers.borrow();
  const Buffer all = buffer.bytes();
  const Buffer room =
      all.first(static_cast<std::size_t>(std::min<std::uint64_t>(to_come_.expected(), all.size())));
  const Step step = client_.read(room);
  if (step.want != Want::nothing) {
    wait_first_ = true;
    buffer.release();
    if (step.want == Want::input) co_return true;
    // TLS has something to write before it reads on. If the answer waits for that too, the client
    // asked for keys to be renewed and then stopped reading: it is let go.
    const error_code error = co_await stream.socket().ready(step.want);
    if (error) co_return client_ended(/*failed=*/true);
    co_return true;
  }
  if (step.error || step.bytes == 0) co_return client_ended(step.error.failed());
  wait_first_ = step.bytes < room.size();
  const bool more = co_await forward(room.first(step.bytes));
  co_return more;
}

// Always false: nothing more will come. The end of what lasts until the connection ends is in
// order.
bool RequestBody::client_ended(bool failed) {
  if (!failed && to_come_.ends_with_connection()) {
    ended_in_order_ = true;
    ::shutdown(upstream_.socket().fd(), SHUT_WR);
  } else {
    client_gone_ = !discarding_;
  }
  return false;
}

net::awaitable<bool> RequestBody::forward(Buffer received) {
  // One without an end may have no beginning either, and nobody waits for it.
  const bool first = to_come_.ends_with_connection() && to_come_.data() == 0;
  const Bytes bytes = take(received);
  if (first) limit_time();
  if (discarding_) co_return !to_come_.malformed();
  if (to_come_.malformed()) {
    refuse(Status::bad_request);
  } else if (most_ > 0 && to_come_.data() > most_ && !tunnel_) {
    worker_.counters.limits.body.add();
    refuse(Status::content_too_large);
  }
  if (refusal_) co_return false;
  if (recoder_) {
    co_await send_recoded(bytes);
  } else {
    co_await send(bytes);
  }
  co_return true;
}

// What goes on of it.
Bytes RequestBody::take(Buffer received) {
  const Bytes bytes(received.data(), received.size());
  if (!recoder_) {
    const std::size_t belongs = to_come_.take(bytes);
    worker_.counters.bytes_in.add(belongs);
    return bytes.substr(0, belongs);
  }
  const auto decoded = to_come_.decode(received);
  worker_.counters.bytes_in.add(decoded.taken);
  return bytes.substr(0, decoded.data);
}

net::awaitable<void> RequestBody::send_recoded(Bytes data) {
  std::string text;
  if (!data.empty()) text = recoder_->encode(data);
  if (to_come_.done()) text += recoder_->finish();
  co_await send(text);
}

// To the upstream. One that takes no more of it may still have answered, so this is no error here.
net::awaitable<void> RequestBody::send(Bytes bytes) {
  while (!bytes.empty() && !discarding_) {
    client_.made_progress();
    const Step step = net::send(upstream_.socket().fd(), bytes);
    bytes.remove_prefix(step.bytes);
    upstream_.note_sent(step.bytes);
    if (step.error) discarding_ = true;
    if (step.want == Want::nothing) continue;
    const error_code error = co_await upstream_.socket().ready(step.want);
    turns_.waited();
    if (error) discarding_ = true;
  }
}

}  // namespace reprise::router
