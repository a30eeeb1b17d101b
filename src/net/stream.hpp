#pragma once

#include "base/bytes.hpp"
#include "net/socket.hpp"

namespace reprise::net {

// A byte stream taken in non-blocking steps; plain sockets and TLS look alike to the router.
class Stream {
public:
  virtual ~Stream() = default;

  // Fills the front of `into` with what is there.
  virtual Step read(Buffer into) = 0;

  // Takes as much of the front of `from` as fits; a step that wants something has taken nothing,
  // and must be repeated with the same bytes at its front.
  virtual Step write(Bytes from) = 0;

  // Says the orderly end (FIN; close_notify and FIN) without waiting for the other side's.
  virtual Step shut_down() = 0;

  // What the other side is told before its end without shut_down(): close() of the socket has to
  // follow at once, and takes it along (close_notify and FIN in one segment).
  virtual void before_close() = 0;

  // True if bytes can be read without waiting for the descriptor (buffered by TLS).
  virtual bool pending() const = 0;

  virtual Socket& socket() = 0;
};

// Steps and waits until something was read (0: orderly end).
awaitable<Result<std::size_t>> read_some(Stream& stream, Buffer into);

// Steps and waits until all of `from` is taken.
awaitable<error_code> write_all(Stream& stream, Bytes from);

}  // namespace reprise::net
