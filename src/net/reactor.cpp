#include "net/reactor.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <system_error>

#include "net/readiness.hpp"

namespace reprise::net {
namespace {

constexpr std::size_t events_at_once = 256;

// A name is a slot and its generation: an event of a descriptor that was closed finds nobody.
constexpr std::uint64_t name_of(std::uint32_t slot, std::uint32_t generation) {
  return std::uint64_t{generation} << 32 | slot;
}

constexpr std::uint64_t interrupter_name = UINT64_MAX;

UniqueFd checked(int fd, const char* call) {
  if (fd < 0) throw std::system_error(errno, std::system_category(), call);
  return UniqueFd(fd);
}

}  // namespace

asio::execution_context::id Reactor::id;

Reactor::Reactor(asio::io_context& io)
    : asio::execution_context::service(io),
      io_(io),
      epoll_(checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1()")),
      interrupter_(checked(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd()")) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.u64 = interrupter_name;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, interrupter_.get(), &event) != 0) {
    throw std::system_error(errno, std::system_category(), "epoll_ctl()");
  }
}

void Reactor::shutdown() noexcept {
  Waiter::discard_all(turns_);
  Waiter::discard_all(waiting_);
}

std::size_t Reactor::run() {
  for (std::size_t handlers = 0;;) {
    handlers += io_.poll();
    if (io_.stopped()) return handlers;
    wait(turns_.empty() ? timeout() : 0);
  }
}

bool Reactor::poll() {
  const bool ran = io_.poll() > 0;
  const bool happened = wait(0);
  return ran || happened;
}

void Reactor::interrupt() {
  ::eventfd_write(interrupter_.get(), 1);
}

awaitable<void> Reactor::next_turn() {
  Waiter waiter(io_, turns_);
  co_await waiter.wait(token, [] {});
}

bool Reactor::give_turns() {
  const bool any = !turns_.empty();
  while (!turns_.empty())
    turns_.front().complete({});
  return any;
}

// In milliseconds, as epoll_wait takes it: until the first timer, -1 without one.
int Reactor::timeout() const {
  if (timers_.empty()) return -1;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(timers_.begin()->at_ - Timer::Clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, INT_MAX));
}

// True if anything happened.
bool Reactor::wait(int timeout) {
  std::array<epoll_event, events_at_once> events;
  const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), timeout);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    report(event.data.u64, event.events);
  }
  const bool expired = expire_timers();
  const bool turned = give_turns();
  return count > 0 || expired || turned;
}

void Reactor::report(std::uint64_t name, std::uint32_t events) {
  if (name == interrupter_name) return;  // its purpose was the wake-up
  const Slot& slot = slots_[static_cast<std::uint32_t>(name)];
  if (slot.owner != nullptr && slot.generation == name >> 32) slot.owner->happened(events);
}

bool Reactor::expire_timers() {
  if (timers_.empty()) return false;
  const auto now = Timer::Clock::now();
  bool any = false;
  while (!timers_.empty() && timers_.begin()->at_ <= now) {
    Timer& timer = *timers_.begin();
    timers_.erase(timers_.begin());
    timer.waiter_.complete({});
    any = true;
  }
  return any;
}

std::uint64_t Reactor::add(Readiness& readiness) {
  if (free_slots_.empty()) {
    slots_.emplace_back();
    free_slots_.reserve(slots_.capacity());  // remove() must not fail
    free_slots_.push_back(static_cast<std::uint32_t>(slots_.size() - 1));
  }
  const std::uint32_t slot = free_slots_.back();
  free_slots_.pop_back();
  slots_[slot].owner = &readiness;
  return name_of(slot, slots_[slot].generation);
}

void Reactor::remove(std::uint64_t name) {
  const auto slot = static_cast<std::uint32_t>(name);
  slots_[slot].owner = nullptr;
  ++slots_[slot].generation;
  free_slots_.push_back(slot);
}

}  // namespace reprise::net
