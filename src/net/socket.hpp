#pragma once

#include <cstdint>
#include <memory>

#include "base/error.hpp"
#include "base/unique_fd.hpp"
#include "net/asio.hpp"
#include "net/readiness.hpp"

namespace reprise::net {

// What a non-blocking step needs before it is worth taking again.
enum class Want {
  nothing,  // the step is complete
  input,    // the descriptor has to become readable
  output,   // … writable
};

// The outcome of one non-blocking step.
struct Step {
  Want want = Want::nothing;
  std::size_t bytes =
      0;             // moved by a complete read or write; 0 of a read is the peer's orderly end
  error_code error;  // set: nothing more will come of it
};

// A connected, non-blocking stream socket and the waiting for it; reading and writing is plain recv
// and send on fd() by whoever owns the bytes.
class Socket {
public:
  Socket(asio::io_context& io, UniqueFd fd);
  Socket(Socket&&) noexcept = default;
  Socket& operator=(Socket&&) = delete;
  ~Socket() { close(); }

  // A new socket of this address family, not connected yet.
  static Result<Socket> open(asio::io_context& io, int family);

  int fd() const { return fd_.get(); }

  // Suspends until the descriptor is ready for `want` (input or output), has failed (the next recv
  // or send says how), or cancel() was called (boost::asio::error::operation_aborted).
  // At most one wait for input and one for output at a time.
  awaitable<error_code> ready(Want want);

  // How often there has been news of input: a reader that emptied the socket knows by it whether
  // another recv is worth its system call.
  std::uint64_t input_events() const { return readiness_->input_events(); }

  // True once news of the other side's end has come; input may be left in front of it.
  bool ended() const { return readiness_->ended(); }

  // Said by a reader whose recv got less than it asked for: the next ready(Want::input) saves a
  // system call.
  void emptied() const { readiness_->emptied(); }

  // Wakes whoever waits, and makes every later wait fail. Called when a deadline passes.
  void cancel();
  bool is_cancelled() const { return cancelled_; }
  void close();

private:
  UniqueFd fd_;
  std::unique_ptr<Readiness> readiness_;
  bool cancelled_ = false;
};

}  // namespace reprise::net
