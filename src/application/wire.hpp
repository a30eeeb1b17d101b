#pragma once

#include <chrono>
#include <cstdint>

#include "application/host.hpp"
#include "base/bytes.hpp"

namespace reprise::application {

// A connected, non-blocking socket that its thread waits for. Does not own the descriptor.
class Wire {
public:
  using Clock = std::chrono::steady_clock;

  // `patience`: the longest wait without any progress.
  Wire(int fd, std::chrono::milliseconds patience) : fd_(fd), patience_(patience) {}

  int fd() const { return fd_; }
  std::chrono::milliseconds patience() const { return patience_; }

  // Some bytes; none with `ok` is the orderly end of what the other side sends. With a deadline the
  // wait ends then, however much progress there was before.
  Exchange::Piece receive(Buffer into, Clock::time_point deadline = Clock::time_point::max());

  // All of both, one behind the other. `more` will follow at once. False: it can not be delivered.
  bool send(Bytes first, Bytes second, bool more = false);

  // From a file that may turn out to be shorter, which is a failure too.
  bool send_file(int file, std::uint64_t offset, std::uint64_t count);

  // Says that nothing more comes, and reads what still comes for a short while, so that the answer
  // is not lost to a reset.
  void linger();

private:
  bool wait_for(short events, Clock::time_point deadline);

  int fd_;
  std::chrono::milliseconds patience_;
};

}  // namespace reprise::application
