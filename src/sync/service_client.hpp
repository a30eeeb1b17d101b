#pragma once

#include <memory>
#include <string>
#include <vector>

#include "net/deadline.hpp"
#include "net/plain_stream.hpp"
#include "sync/command.hpp"
#include "sync/dump_writer.hpp"
#include "sync/offer.hpp"
#include "sync/service.hpp"

namespace reprise::sync {

// One client of the service: one command and its answer.
class ServiceClient {
public:
  struct Shared {
    net::asio::io_context& io;
    net::Deadlines& deadlines;
    std::vector<Offer> offers;
    ServiceCounters& counters;
    Service::Options options;
    std::size_t dumps = 0;  // under way
    std::size_t sealed = 0;
  };

  // `shared` outlives this.
  ServiceClient(Shared& shared, UniqueFd fd, const net::Endpoint& from);
  ServiceClient(const ServiceClient&) = delete;
  ServiceClient& operator=(const ServiceClient&) = delete;
  ~ServiceClient();

  // The whole exchange; whatever goes wrong ends it.
  net::awaitable<void> run();

  // Makes run() return soon.
  void cancel();
  bool cancelled() const { return cancelled_; }

  // True as long as its command has not come.
  bool is_silent() const { return !commanded_ && !cancelled_; }

private:
  net::awaitable<bool> read_up_to(std::size_t size);
  net::awaitable<void> answer_command();
  net::awaitable<bool> read_packet();
  net::awaitable<void> answer(Command command, std::size_t packet_size);
  net::awaitable<void> clear(Offer& offer);
  net::awaitable<void> send_copy(Offer& offer);
  net::awaitable<void> send_dump(Offer& offer);
  net::awaitable<void> give_sealed_copy();
  net::awaitable<bool> is_accepted(SealedGiving& giving);
  std::unique_ptr<SealedGiving> begin_sealed_copy();
  net::awaitable<bool> send_piece();
  net::awaitable<bool> collect(Offer& offer, DumpWriter& dump);
  net::awaitable<void> finish();
  net::awaitable<void> give_way();
  Offer* find(Bytes name);

  Shared& shared_;
  net::Socket socket_;
  net::PlainStream stream_;
  net::Endpoint from_;
  net::Deadline deadline_;
  net::Deadline whole_;  // of the answer
  bool cancelled_ = false;
  bool commanded_ = false;
  std::string request_;
  std::string piece_;  // of the answer
};

}  // namespace reprise::sync
