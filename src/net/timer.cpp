#include "net/timer.hpp"

#include "net/reactor.hpp"

namespace reprise::net {

Timer::Timer(asio::io_context& io) : reactor_(Reactor::of(io)), waiter_(io, reactor_.waiting()) {}

awaitable<error_code> Timer::wait(Clock::duration duration) {
  const auto [error] = co_await waiter_.wait(token, [this, duration] { begin(duration); });
  co_return error;
}

void Timer::start(Clock::duration duration, std::function<void(error_code)> done) {
  waiter_.wait(std::move(done), [this, duration] { begin(duration); });
}

void Timer::begin(Clock::duration duration) {
  at_ = Clock::now() + duration;
  reactor_.timers_.insert(*this);
}

void Timer::cancel() {
  unlink();
  waiter_.complete(asio::error::operation_aborted);
}

}  // namespace reprise::net
