#include "router/request_body.hpp"

#include "net/plain_stream.hpp"

namespace reprise::router {
namespace {

using net::Step;
using net::Want;

}  // namespace

void RequestBody::start(BufferPool::Lease input, Bytes unsent, std::uint64_t to_come) {
  input_ = std::move(input);
  unsent_ = unsent;
  to_come_ = to_come;
  running_ = true;
  net::set_no_delay(upstream_.socket().fd());
  const auto done = [this](std::exception_ptr failure) { ended(failure != nullptr); };
  net::asio::co_spawn(worker_.io, run(), done);
}

void RequestBody::ended(bool failed) {
  running_ = false;
  input_.release();
  if (failed) client_gone_ = true;
  if (client_gone_) upstream_.cancel();
  waiting_.complete({});
}

net::awaitable<void> RequestBody::finished() {
  if (!running_) co_return;
  co_await waiting_.wait(net::token, [] {});
}

net::awaitable<void> RequestBody::run() {
  co_await send(unsent_);
  input_.release();
  while (to_come_ > 0) {
    const bool more = co_await forward_next();
    if (!more) break;
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
      all.first(static_cast<std::size_t>(std::min<std::uint64_t>(to_come_, all.size())));
  const Step step = client_.read(room);
  if (step.want != Want::nothing) {
    wait_first_ = true;
    buffer.release();
    if (step.want == Want::input) co_return true;
    const error_code error = co_await stream.socket().ready(step.want);
    co_return !error;
  }
  if (step.error || step.bytes == 0) {
    client_gone_ = !discarding_;
    co_return false;
  }
  wait_first_ = step.bytes < room.size();
  to_come_ -= step.bytes;
  worker_.counters.bytes_in.add(step.bytes);
  const Bytes received(room.data(), step.bytes);
  co_await send(received);
  co_return true;
}

// To the upstream. One that takes no more of it may still have answered, so this is no error here.
net::awaitable<void> RequestBody::send(Bytes bytes) {
  while (!bytes.empty() && !discarding_) {
    client_.made_progress();
    const Step step = net::send(upstream_.socket().fd(), bytes);
    bytes.remove_prefix(step.bytes);
    if (step.error) discarding_ = true;
    if (step.want == Want::nothing) continue;
    const error_code error = co_await upstream_.socket().ready(step.want);
    turns_.waited();
    if (error) discarding_ = true;
  }
}

}  // namespace reprise::router
