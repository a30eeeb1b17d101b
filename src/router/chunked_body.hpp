#pragma once

#include <optional>

#include "protocol/chunked.hpp"
#include "router/body_spool.hpp"
#include "router/client.hpp"

namespace reprise::router {

// Reads a chunked request body and keeps what is in its chunks. Trailers are dropped.
class ChunkedBody {
public:
  // References outlive this. `expected`: the client waits to be told that it may send.
  ChunkedBody(Worker& worker, Client& client, BodySpool& into, bool expected);

  // `parked` is what came behind the head, and then what came behind the body. Returns ok, how to
  // refuse the request, or nothing if the client has gone.
  net::awaitable<std::optional<protocol::Status>> read(std::string& parked);

private:
  using Status = protocol::Status;

  std::optional<Status> take(Buffer bytes, std::string& parked);
  net::awaitable<std::optional<Status>> read_more(std::string& parked);
  std::optional<Status> waited_in_vain();

  Worker& worker_;
  Client& client_;
  BodySpool& into_;
  protocol::ChunkedFollower follower_{protocol::ChunkedFollower::Blanks::refused};
  bool expected_;
  std::uint64_t limit_;
  net::Deadline whole_;  // for all of it
  bool too_long_in_time_ = false;
};

}  // namespace reprise::router
