#include "net/deadline.hpp"

#include "base/clock.hpp"
#include "base/error.hpp"

namespace reprise::net {

Deadline::Deadline(Deadlines& deadlines, std::function<void()> passed)
    : deadlines_(deadlines), on_pass_(std::move(passed)) {}

Deadline& Deadline::operator=(Clock::time_point at) {
  at_ = at;
  passed_ = false;
  if (at != never && !hook_.is_linked()) deadlines_.add(*this);
  return *this;
}

void Deadline::set_from_now(Clock::duration duration) {
  *this = coarse_now() + duration;
}

Deadlines::Deadlines(asio::io_context& io, std::chrono::milliseconds interval)
    : timer_(io), interval_(interval) {}

void Deadlines::add(Deadline& deadline) {
  list_.push_back(deadline);
  if (!ticking_) start_timer();
}

void Deadlines::start_timer() {
  ticking_ = true;
  timer_.start(interval_, [self = std::weak_ptr(self_)](error_code error) {
    const auto alive = self.lock();
    if (error || !alive) return;
    Deadlines& deadlines = **alive;
    deadlines.ticking_ = false;
    deadlines.sweep(coarse_now());
    if (!deadlines.list_.empty() && !deadlines.ticking_) deadlines.start_timer();
  });
}

void Deadlines::sweep(Deadline::Clock::time_point now) {
  // A callback may destroy any deadline, so what has passed is set apart first: those still in
  // `passed` unlink themselves from it.
  List passed;
  for (auto it = list_.begin(); it != list_.end();) {
    Deadline& deadline = *it++;
    if (deadline.at_ > now && deadline.at_ != Deadline::never) continue;
    deadline.hook_.unlink();
    if (deadline.at_ != Deadline::never) passed.push_back(deadline);
  }
  while (!passed.empty()) {
    Deadline& deadline = passed.front();
    passed.pop_front();
    if (deadline.at_ > now) {  // another one's callback has moved it
      if (deadline.at_ != Deadline::never) list_.push_back(deadline);
      continue;
    }
    deadline.at_ = Deadline::never;
    deadline.passed_ = true;
    deadline.on_pass_();
  }
}

}  // namespace reprise::net
