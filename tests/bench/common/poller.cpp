#include "common/poller.hpp"

#include <cerrno>
#include <system_error>

namespace reprise::bench {

Poller::Poller() : fd_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (!fd_) throw std::system_error(errno, std::system_category(), "epoll_create1");
}

void Poller::add(int fd, std::uint32_t events, void* owner) {
  control(EPOLL_CTL_ADD, fd, events, owner);
}

void Poller::modify(int fd, std::uint32_t events, void* owner) {
  control(EPOLL_CTL_MOD, fd, events, owner);
}

std::span<const epoll_event> Poller::wait(int milliseconds) {
  const int count =
      ::epoll_wait(fd_.get(), events_.data(), static_cast<int>(events_.size()), milliseconds);
  if (count < 0) {
    if (errno == EINTR) return {};
    throw std::system_error(errno, std::system_category(), "epoll_wait");
  }
  return {events_.data(), static_cast<std::size_t>(count)};
}

void Poller::control(int operation, int fd, std::uint32_t events, void* owner) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = owner;
  if (::epoll_ctl(fd_.get(), operation, fd, &event) != 0)
    throw std::system_error(errno, std::system_category(), "epoll_ctl");
}

}  // namespace reprise::bench
