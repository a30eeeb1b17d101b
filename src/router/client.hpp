#pragma once

#include "net/deadline.hpp"
#include "net/stream.hpp"
#include "protocol/status.hpp"
#include "router/worker.hpp"

namespace reprise::router {

// The client's side of a session: its stream, and one deadline for whatever the session waits for.
class Client {
public:
  // References outlive this.
  Client(Worker& worker, net::Stream& stream, net::Deadline& deadline)
      : worker_(worker), stream_(stream), deadline_(deadline) {}

  net::Stream& stream() { return stream_; }
  net::Deadline& deadline() { return deadline_; }

  // Something moved: the time without progress starts again.
  void made_progress() { deadline_.set_from_now(worker_.timeouts.idle); }

  // Reads what is there into the front of `into`, more than one record of TLS if there is. Takes
  // one step if nothing is: see net::Stream::read.
  net::Step read(Buffer into);

  // Writes all of it; every byte taken is progress.
  net::awaitable<error_code> write(Bytes bytes);

  // What the client was answered last, for the log of requests.
  struct Answered {
    int status = 0;  // 0: nothing
    unsigned fields = 0;
    std::size_t head_bytes = 0;
    std::uint64_t body_bytes = 0;
  };
  const Answered& answered() const { return answered_; }
  void note_answer(int status, unsigned fields, std::size_t head_bytes) {
    answered_ = {status, fields, head_bytes, 0};
  }
  void note_body(std::size_t bytes) { answered_.body_bytes += bytes; }

  // Sends one of our own answers (or none, with http-bare-close), counts it, and says the end.
  net::awaitable<void> answer(protocol::Status status, bool with_body);

  // After our end was said: takes what the client still sends, for a short time. A close with
  // unread bytes would reset the connection, and the client might never see the answer.
  net::awaitable<void> linger();

  // The client has closed its side or was reset; only the latter if it `said_its_end` in order. One
  // system call; reads nothing.
  bool has_left(bool said_its_end) const;

  // Ends the connection so that the client can not take what it got for the whole.
  void cut(bool length_was_known);

private:
  void count(protocol::Status status);

  Worker& worker_;
  net::Stream& stream_;
  net::Deadline& deadline_;
  Answered answered_;
};

}  // namespace reprise::router
