#include "router/pump.hpp"

#include <sys/socket.h>

#include "net/plain_stream.hpp"

namespace reprise::router {
namespace {

using net::Step;
using net::Want;

// Copying a piece is cheaper than a pipe below this, about.
constexpr std::size_t long_piece = 16384;
constexpr std::size_t short_piece = 4096;
constexpr int pieces_of_a_stream = 2;

}  // namespace

Pump::Pump(RelayTools& tools, net::Socket& source, net::Socket& sink, net::Deadline& deadline,
           shm::Counter& bytes, shm::Counter* also)
    : tools_(tools),
      source_(source),
      sink_(sink),
      deadline_(deadline),
      bytes_(bytes),
      also_(also),
      pipe_(tools.pipes.nothing()) {}

net::awaitable<Pump::End> Pump::run() {
  const End end = co_await relay();
  let_go();
  co_return end;
}

void Pump::let_go() {
  buffer_.release();
  pipe_.reset();
}

net::awaitable<Pump::End> Pump::relay() {
  for (;;) {
    const Step step = more_ ? take() : Step{Want::input, 0, {}};
    if (step.error) co_return End::source_failed;
    if (step.want == Want::input) {
      more_ = true;
      let_go();
      const error_code error = co_await source_.ready(Want::input);
      turns_.waited();
      if (error) co_return End::cancelled;
      continue;
    }
    if (step.bytes == 0) {
      ::shutdown(sink_.fd(), SHUT_WR);
      co_return End::orderly;
    }
    deadline_.set_from_now(tools_.idle);
    const End end = co_await deliver();
    if (end != End::orderly) co_return end;
    bytes_.add(step.bytes);
    if (also_ != nullptr) also_->add(step.bytes);
    if (turns_.over()) co_await net::Reactor::of(tools_.io).next_turn();
  }
}

// One piece. Whether another is at hand shows in its length.
Step Pump::take() {
  const Step step = splices_ ? splice_in() : copy_in();
  if (step.want != Want::nothing || step.error) return step;
  more_ = step.bytes >= long_piece;
  long_pieces_ = more_ ? long_pieces_ + 1 : 0;
  if (splices_) {
    splices_ = step.bytes >= short_piece;
  } else {
    splices_ = can_splice_ && long_pieces_ >= pieces_of_a_stream;
  }
  return step;
}

Step Pump::copy_in() {
  pipe_.reset();
  if (!buffer_) buffer_ = tools_.buffers.borrow();
  // Not known to be empty after a short read: that may have ended at a byte sent as urgent.
  const Step step = net::receive(source_.fd(), buffer_.bytes());
  copied_ = {buffer_.bytes().data(), step.bytes};
  return step;
}

Step Pump::splice_in() {
  buffer_.release();
  if (!pipe_) pipe_ = tools_.pipes.borrow();
  Step step;
  if (pipe_) step = pipe_->fill_from(source_.fd());
  const bool refused = step.error == boost::system::errc::invalid_argument;
  if (pipe_ && !refused) return step;
  can_splice_ = !refused;  // out of descriptors it is another matter, and may work again
  splices_ = false;
  return copy_in();
}

std::size_t Pump::held() const {
  return pipe_ ? pipe_->held() : copied_.size();
}

Step Pump::give() {
  if (pipe_ && pipe_->held() > 0) return pipe_->drain_into(sink_.fd());
  const Step step = net::send(sink_.fd(), copied_);
  copied_.remove_prefix(step.bytes);
  return step;
}

net::awaitable<Pump::End> Pump::deliver() {
  while (held() > 0) {
    const Step step = give();
    if (step.error) co_return End::sink_failed;
    if (step.want == Want::nothing) {
      deadline_.set_from_now(tools_.idle);
      continue;
    }
    const error_code error = co_await sink_.ready(Want::output);
    turns_.waited();
    if (error) co_return End::cancelled;
  }
  co_return End::orderly;
}

}  // namespace reprise::router
