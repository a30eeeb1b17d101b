#pragma once

#include "net/stream.hpp"

namespace reprise::net {

// A stream that is the socket itself.
class PlainStream final : public Stream {
public:
  // `socket` outlives the stream.
  explicit PlainStream(Socket& socket) : socket_(socket) {}

  Step read(Buffer into) override;
  Step write(Bytes from) override;
  Step shut_down() override;
  void before_close() override {}
  bool pending() const override { return false; }
  Socket& socket() override { return socket_; }

private:
  Socket& socket_;
};

// One recv or send on a non-blocking descriptor, as a step.
Step receive(int fd, Buffer into);
Step send(int fd, Bytes from);

// The same, and the socket knows if it is empty now.
Step receive(const Socket& socket, Buffer into);

// The connection is there and nothing has come: neither bytes, nor its end, nor a failure. One
// system call; reads nothing.
bool is_silent(int fd);

// `from` waits for what is sent next, or the FIN, and leaves together with it.
Step send_with_next(int fd, Bytes from);

// The same of two pieces, in one call.
Step send(int fd, Bytes first, Bytes second);

// Before connect(): the acknowledgement of the other side's SYN travels with what is sent next,
// which has to follow at once.
void expect_to_speak_first(int fd);

// close() sends a RST in place of the FIN, and forgets what was not sent.
void reset_on_close(int fd);

// A piece does not wait for the acknowledgement of the one before. Nothing happens on unix sockets.
void set_no_delay(int fd);

}  // namespace reprise::net
