#include "net/readiness.hpp"

#include <sys/epoll.h>

namespace reprise::net {
namespace {

constexpr std::uint32_t input_news = EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLRDHUP;
constexpr std::uint32_t output_news = EPOLLOUT | EPOLLHUP | EPOLLERR;

}  // namespace

const std::uint32_t Readiness::input_wanted = EPOLLIN | EPOLLRDHUP;

Readiness::Readiness(asio::io_context& io, int fd, Kind kind)
    : reactor_(Reactor::of(io)),
      for_input_(io, reactor_.waiting()),
      for_output_(io, reactor_.waiting()),
      fd_(fd),
      kind_(kind) {}

Readiness::~Readiness() {
  remove();
}

awaitable<error_code> Readiness::input() {
  if (input_ == Input::there) {
    input_ = Input::unknown;
    co_return error_code();
  }
  // A listener is level-triggered: it needs to be asked no second time.
  const bool known = input_ == Input::none || kind_ == Kind::listener;
  if ((watched_ & EPOLLIN) == 0 || !known) {
    if (const error_code error = watch(watched_ | input_wanted)) co_return error;
  }
  const auto [error] = co_await for_input_.wait(token, [] {});
  co_return error;
}

awaitable<error_code> Readiness::output() {
  if (const error_code error = watch(input_wanted | EPOLLOUT)) co_return error;
  const auto [error] = co_await for_output_.wait(token, [] {});
  co_return error;
}

// Also makes the kernel say again what is there already.
error_code Readiness::watch(std::uint32_t events) {
  const bool first = watched_ == 0;
  if (first) name_ = reactor_.add(*this);
  epoll_event event{};
  event.events = kind_ == Kind::listener ? EPOLLIN | EPOLLEXCLUSIVE : events | EPOLLET;
  event.data.u64 = name_;
  const int change = first ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (::epoll_ctl(reactor_.epoll_.get(), change, fd_, &event) != 0) {
    const error_code error = last_system_error();
    if (first) reactor_.remove(name_);
    return error;
  }
  watched_ = events;
  return {};
}

void Readiness::happened(std::uint32_t events) {
  if ((events & input_news) != 0) {
    ++input_events_;
    ended_ = ended_ || (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    input_ = for_input_.waiting() ? Input::unknown : Input::there;
    for_input_.complete({});
    // Being level-triggered, it would be told again and again.
    if (kind_ == Kind::listener && input_ == Input::there) remove();
  }
  if ((events & output_news) != 0) for_output_.complete({});
}

void Readiness::cancel() {
  for_input_.complete(asio::error::operation_aborted);
  for_output_.complete(asio::error::operation_aborted);
}

void Readiness::remove() {
  cancel();
  if (watched_ == 0) return;
  // What is one's own is forgotten by the kernel when it is closed.
  if (kind_ == Kind::listener) {
    ::epoll_ctl(reactor_.epoll_.get(), EPOLL_CTL_DEL, fd_, nullptr);
  }
  reactor_.remove(name_);
  watched_ = 0;
  input_ = Input::unknown;
}

}  // namespace reprise::net
