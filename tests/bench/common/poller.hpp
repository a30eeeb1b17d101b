#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <span>

#include "base/unique_fd.hpp"

namespace reprise::bench {

// A level-triggered epoll set. The caller's pointer comes back with each event; a descriptor leaves
// the set when it is closed.
class Poller {
public:
  Poller();  // throws std::system_error, as do add and modify

  void add(int fd, std::uint32_t events, void* owner);
  void modify(int fd, std::uint32_t events, void* owner);
  // Waits for up to `milliseconds` (-1: for ever). The events stay valid until the next call.
  std::span<const epoll_event> wait(int milliseconds);

private:
  void control(int operation, int fd, std::uint32_t events, void* owner);

  UniqueFd fd_;
  std::array<epoll_event, 256> events_{};
};

}  // namespace reprise::bench
