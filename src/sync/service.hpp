#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "net/asio.hpp"
#include "net/listener.hpp"
#include "sync/offer.hpp"

namespace reprise::sync {

// Answers commands on caches over TCP, and gives copies of them, in the keeper: one command a
// connection. Any number of clients at a time, each with bounds on its time and memory.
class Service {
public:
  struct Options {
    std::chrono::milliseconds request{4000};  // until a whole command has come
    std::chrono::milliseconds piece{10000};   // until the client has taken a piece of its answer
    std::chrono::milliseconds whole{300000};  // until it has taken all of it
    // One more, and the oldest that has not said its command is cut, or the new one refused.
    std::size_t max_clients = 64;
    // Dumps in uWSGI's form at a time, which are kept in memory while they are sent. What does not
    // fit is left out.
    std::size_t max_dumps = 4;
    std::size_t largest_dump = std::size_t{64} << 20;  // bytes
    std::size_t max_sealed = 4;                        // sealed copies at a time
  };

  // `offers` in the order of the caches. References and listeners outlive the service.
  Service(net::asio::io_context& io, const std::vector<const net::Listener*>& listeners,
          std::vector<Offer> offers, ServiceCounters& counters, const Options& options);
  // Ends what runs.
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  void start();

private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace reprise::sync
