#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "application/wire.hpp"
#include "base/unique_fd.hpp"

namespace reprise::application {

// A wire, and its other end to write to and read from.
class Pair {
public:
  explicit Pair(std::chrono::milliseconds patience = std::chrono::milliseconds(200))
      : fds_(open()), ours_(fds_[0]), theirs_(fds_[1]), wire(ours_.get(), patience) {}

  void say(std::string_view text) {
    ASSERT_TRUE(::send(theirs_.get(), text.data(), text.size(), 0) ==
                static_cast<ssize_t>(text.size()));
  }
  void finish() { ::shutdown(theirs_.get(), SHUT_WR); }
  // What has come by now.
  std::string heard() {
    std::string text(1 << 20, '\0');
    const ssize_t got = ::recv(theirs_.get(), text.data(), text.size(), MSG_DONTWAIT);
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
  }

private:
  static std::array<int, 2> open() {
    std::array<int, 2> fds{-1, -1};
    ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds.data());
    return fds;
  }

  std::array<int, 2> fds_;
  UniqueFd ours_;
  UniqueFd theirs_;

public:
  Wire wire;
};

}  // namespace reprise::application
