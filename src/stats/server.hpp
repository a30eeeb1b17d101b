#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/asio.hpp"
#include "net/listener.hpp"

namespace reprise::stats {

// Serves one text document a connection, in the keeper (spec/process/stats.md 3). Any number of
// clients at a time, each with a deadline and a bound: a silent or slow one holds up nobody.
class Server {
public:
  struct Options {
    bool http = false;                         // wait for a request, answer with an HTTP head
    std::chrono::milliseconds deadline{4000};  // for the whole exchange
    std::size_t max_clients = 64;              // one more, and the oldest is closed
  };
  using MakeDocument = std::function<std::string()>;

  // `listeners` outlive the server.
  Server(net::asio::io_context& io, std::vector<const net::Listener*> listeners, Options options,
         MakeDocument make_document);
  // Ends what runs; no document is asked for any more.
  ~Server();
  void start();

private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace reprise::stats
