#pragma once

#include <string>

#include "net/deadline.hpp"
#include "net/plain_stream.hpp"
#include "stats/server.hpp"

namespace reprise::stats {

// One client of the stats server: gets one document before its deadline.
class Client {
public:
  // `deadlines` outlives the client.
  Client(net::asio::io_context& io, net::Deadlines& deadlines, UniqueFd fd);

  // The whole exchange; whatever goes wrong ends it. `make_document` is asked when it is time to
  // send.
  net::awaitable<void> run(const Server::Options& options,
                           const Server::MakeDocument& make_document);

  // Makes run() return soon, without asking for a document any more.
  void cancel();
  bool cancelled() const { return cancelled_; }

private:
  net::awaitable<bool> asks();
  net::awaitable<void> read_away();

  net::Socket socket_;
  net::PlainStream stream_;
  net::Deadline deadline_;
  bool cancelled_ = false;
};

}  // namespace reprise::stats
